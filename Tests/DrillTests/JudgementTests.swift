import Drill
import Testing

@Suite struct JudgementTests {
  /// What a scenario looks like when all goes well.
  private func good(_ scenario: Scenario) -> Sight {
    var sight = Sight(before: scenario == .first ? nil : 2)
    sight.live = 2
    sight.traffic.requests = 100
    sight.traffic.longest = .milliseconds(12)
    switch scenario {
    case .first: sight.deployment = .init(state: "success", release: 2)
    case .good:
      sight.deployment = .init(state: "success", release: 3)
      sight.live = 3
    case .brokenBuild: sight.deployment = .init(state: "failed", release: 3, phase: "build", error: "exit 1")
    case .unhealthy: sight.deployment = .init(state: "failed", release: 3, phase: "start", error: "503")
    case .turnsBad:
      sight.deployment = .init(state: "rolled_back", release: 3, error: "5xx")
      sight.traffic.failed = 30
      sight.traffic.failedFor = .milliseconds(90)
    case .rollback: sight.live = 1
    case .appKilled: sight.restarts = 1
    case .managerKilled:
      sight.absence = .milliseconds(110)
      sight.deployment = .init(state: "interrupted", release: 3)
      sight.next = .init(state: "success", release: 4)
      sight.liveAfterNext = 4
    }
    return sight
  }

  @Test(arguments: Scenario.allCases)
  func `what goes well is as expected`(scenario: Scenario) {
    #expect(scenario.differences(good(scenario)) == [])
  }

  @Test(arguments: Scenario.allCases)
  func `another release than the one that should serve is a difference`(scenario: Scenario) {
    var sight = good(scenario)
    if scenario == .rollback { sight.live = sight.before } else { sight.live = 9 }
    #expect(scenario.differences(sight).count == 1)
    sight.live = nil
    #expect(!scenario.differences(sight).isEmpty)
    #expect(scenario == .managerKilled || scenario.seen(sight).contains("nothing serves"))
  }

  @Test(arguments: Scenario.allCases)
  func `one failed request is a difference, but where a release turns bad`(scenario: Scenario) {
    var sight = good(scenario)
    sight.traffic.failed = 1
    sight.traffic.firstFailure = "status 502"
    let found = scenario.differences(sight)
    if scenario == .first || scenario == .turnsBad {
      #expect(found == [])
    } else {
      #expect(found == ["1 of 100 requests failed. The first: status 502."])
    }
  }

  @Test func `a bad release that clients see for longer than a second is a difference`() {
    var sight = good(.turnsBad)
    sight.traffic.failedFor = .milliseconds(1001)
    #expect(Scenario.turnsBad.differences(sight).count == 1)
    sight.traffic.failedFor = .seconds(1)
    #expect(Scenario.turnsBad.differences(sight) == [])
  }

  @Test(arguments: Scenario.allCases.filter { $0 != .first })
  func `without a request nothing is proved`(scenario: Scenario) {
    var sight = good(scenario)
    sight.traffic = .init()
    #expect(scenario.differences(sight) == ["No request was answered meanwhile, so nothing is proved."])
  }

  @Test(arguments: [
    Scenario.first, .good, .brokenBuild, .unhealthy, .turnsBad, .managerKilled,
  ])
  func `a deployment that ends otherwise is a difference, with its error`(scenario: Scenario) {
    var sight = good(scenario)
    sight.deployment?.state = "canceled"
    sight.deployment?.error = "canceled by somebody"
    let found = scenario.differences(sight)
    #expect(found.count == 1)
    #expect(found.first?.contains("canceled by somebody") == true)
    sight.deployment = nil
    #expect(scenario.differences(sight).first == "There was no deployment.")
  }

  @Test(arguments: [Scenario.brokenBuild, .unhealthy])
  func `a failure in another phase is a difference`(scenario: Scenario) {
    var sight = good(scenario)
    sight.deployment?.phase = "install"
    #expect(scenario.differences(sight).count == 1)
    sight.deployment?.phase = nil
    #expect(scenario.differences(sight).count == 1)
  }

  @Test func `another commit than the one that was made is a difference`() {
    var sight = good(.good)
    sight.deployment?.isOfCommit = false
    #expect(Scenario.good.differences(sight).count == 1)
  }

  @Test func `what is not started again, paused for good or dead after the next deployment is a difference`()
  {
    var sight = good(.appKilled)
    sight.restarts = 0
    #expect(Scenario.appKilled.differences(sight) == ["The app was not started again."])
    sight = good(.rollback)
    sight.isPaused = true
    #expect(Scenario.rollback.differences(sight).count == 1)
    sight = good(.managerKilled)
    sight.liveAfterNext = 2
    #expect(Scenario.managerKilled.differences(sight).count == 1)
    sight = good(.managerKilled)
    sight.next?.state = "failed"
    #expect(Scenario.managerKilled.differences(sight).count == 1)
  }

  @Test(arguments: Scenario.allCases)
  func `what keeps a scenario from its end is all that is told`(scenario: Scenario) {
    var sight = Sight()
    sight.problem = "The manager is gone."
    #expect(scenario.differences(sight) == ["The manager is gone."])
  }

  @Test func `both halves begin with the first deployment, and together they are all`() {
    #expect(Scenario.successes.first == .first)
    #expect(Scenario.failures.first == .first)
    #expect(Set(Scenario.successes + Scenario.failures) == Set(Scenario.allCases))
  }
}
