/// What is rehearsed, in this order.
package enum Scenario: CaseIterable, Sendable {
  case first, good, brokenBuild, unhealthy, turnsBad, rollback, appKilled, managerKilled

  package static let successes: [Scenario] = [.first, .good, .rollback]
  package static let failures: [Scenario] = [
    .first, .brokenBuild, .unhealthy, .turnsBad, .appKilled, .managerKilled,
  ]

  package var name: String {
    switch self {
    case .first: "first deployment"
    case .good: "good deployment"
    case .brokenBuild: "broken build"
    case .unhealthy: "failing health check"
    case .turnsBad: "bad after the switch"
    case .rollback: "rollback by command"
    case .appKilled: "kill -9 of the app"
    case .managerKilled: "kill -9 of Bascule"
    }
  }

  package var expected: String {
    switch self {
    case .first: "goes live"
    case .good: "new release serves"
    case .brokenBuild: "failed in build, old serves"
    case .unhealthy: "failed in start, old serves"
    case .turnsBad: "rolled_back within 1 s"
    case .rollback: "release before serves"
    case .appKilled: "restarted, requests wait"
    case .managerKilled: "same serves, then the next"
    }
  }

  /// The one in which clients may see what a bad release answers until it is taken back.
  var allowsFailures: Bool { self == .turnsBad }
}
