import Linux

/// The time a step has: its own limit, or what is left of the deployment's, and whose name to give.
package struct Deadline: Sendable {
  private let end: ContinuousClock.Instant
  private let total: Duration

  package init(_ total: Duration) {
    self.total = total
    end = .now + total
  }

  package func limit(for setting: String?, _ own: Duration?) -> (time: Duration, reason: String) {
    let remaining = max(end - .now, .milliseconds(1))
    if let own, let setting, own < remaining { return (own, "\(setting) of \(describe(own))") }
    return (remaining, "DEPLOY_TIMEOUT of \(describe(total))")
  }
}
