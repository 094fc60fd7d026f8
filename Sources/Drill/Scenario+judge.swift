import Linux

extension Scenario {
  /// In a few words.
  package func seen(_ sight: Sight) -> String {
    if sight.problem != nil { return "it could not be played to its end" }
    let live = sight.live.map { "release \($0) serves" } ?? "nothing serves"
    switch self {
    case .first, .good, .brokenBuild, .unhealthy:
      guard let deployment = sight.deployment, deployment.state != "success" else { return live }
      let place = deployment.phase.map { " in \($0)" } ?? ""
      return "\(deployment.state)\(place), \(live)"
    case .turnsBad:
      return "\(sight.deployment?.state ?? "?") after \(describe(sight.traffic.failedFor)), \(live)"
    case .rollback: return sight.isPaused ? "\(live), still paused" : live
    case .appKilled: return (sight.restarts == 0 ? "not restarted, " : "restarted, ") + live
    case .managerKilled:
      let state = sight.deployment?.state ?? "?"
      let absence = sight.absence.map { ", down \(describe($0))" } ?? ""
      return "\(state)\(absence), then release \(sight.liveAfterNext ?? 0)"
    }
  }

  /// Sentences about what was not as it should be; none when all was.
  package func differences(_ sight: Sight) -> [String] {
    if let problem = sight.problem { return [problem] }
    return outcome(sight) + traffic(sight.traffic)
  }

  private func outcome(_ sight: Sight) -> [String] {
    switch self {
    case .first, .good: return success(sight.deployment, live: sight.live, before: sight.before)
    case .brokenBuild: return ended(sight, as: "failed", in: "build") + unchanged(sight)
    case .unhealthy: return ended(sight, as: "failed", in: "start") + unchanged(sight)
    case .turnsBad: return ended(sight, as: "rolled_back", in: nil) + unchanged(sight)
    case .rollback:
      var found: [String] = []
      if sight.live == nil || sight.live == sight.before {
        found.append("The release before should serve; \(Self.serving(sight.live)).")
      }
      if sight.isPaused { found.append("After resume deployments are still paused.") }
      return found
    case .appKilled:
      return unchanged(sight) + (sight.restarts > 0 ? [] : ["The app was not started again."])
    case .managerKilled:
      return ended(sight, as: "interrupted", in: nil) + unchanged(sight)
        + success(sight.next, live: sight.liveAfterNext, before: sight.live)
    }
  }

  private func success(_ deployment: Sight.Deployment?, live: Int?, before: Int?) -> [String] {
    guard let deployment else { return ["There was no deployment."] }
    guard deployment.state == "success" else {
      return ["The deployment should succeed, and ended as \(deployment.state)\(Self.why(deployment))."]
    }
    if live == nil || live != deployment.release || live == before {
      return ["Release \(deployment.release ?? 0) should serve; \(Self.serving(live))."]
    }
    return deployment.isOfCommit ? [] : ["What was deployed is not the commit that was asked for."]
  }

  private func ended(_ sight: Sight, as state: String, in phase: String?) -> [String] {
    guard let deployment = sight.deployment else { return ["There was no deployment."] }
    guard deployment.state == state else {
      let why = Self.why(deployment)
      return ["The deployment should end as \(state), and ended as \(deployment.state)\(why)."]
    }
    if let phase, deployment.phase != phase {
      let named = deployment.phase ?? "no phase"
      return ["It should fail in \(phase); its log names \(named)\(Self.why(deployment))."]
    }
    return []
  }

  private func unchanged(_ sight: Sight) -> [String] {
    sight.live != nil && sight.live == sight.before
      ? [] : ["Release \(sight.before ?? 0) should serve on; \(Self.serving(sight.live))."]
  }

  private func traffic(_ traffic: Tally.Counts) -> [String] {
    if self == .first { return [] }
    if traffic.requests == 0 { return ["No request was answered meanwhile, so nothing is proved."] }
    if traffic.failed == 0 { return [] }
    let first = traffic.firstFailure.map { " The first: \($0)." } ?? ""
    if !allowsFailures { return ["\(traffic.failed) of \(traffic.requests) requests failed.\(first)"] }
    return traffic.failedFor <= .seconds(1)
      ? [] : ["Clients saw errors for \(describe(traffic.failedFor)), longer than a second.\(first)"]
  }

  private static func serving(_ release: Int?) -> String {
    release.map { "release \($0) does" } ?? "nothing does"
  }

  private static func why(_ deployment: Sight.Deployment) -> String {
    deployment.error.map { ": \($0)" } ?? ""
  }
}
