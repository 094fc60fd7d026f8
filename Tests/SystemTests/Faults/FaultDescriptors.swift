import Foundation
import Testing

/// EMFILE: no more descriptors for the manager, and then again some.
@Suite(.fewAtATime)
struct FaultDescriptors {
  @Test func `EMFILE while a deployment runs, requests come and RELOAD is asked for`() async throws {
    // So long is waited for a release that cannot be asked.
    try await withLiveApp(["HEALTH_CHECK_TIMEOUT": "\(5 * slowness)"]) { manager, repository in
      for boundary in Sweep.pick(
        [.fetching, .building, .built, .started], long: Boundary.beforeTheStart + [.started])
      {
        try await Sweep.check("EMFILE from \"\(boundary.words)\" on", repository) {
          try await Sweep.strike(manager, repository, at: boundary) { try await exhaust($0) }
        }
      }
      let served = await manager.servedVersion() ?? "?"
      try await Sweep.check("EMFILE and RELOAD", repository) {
        let pid = try await manager.pid()
        let app = try await manager.app()["pid"].int
        let told = manager.listening()
        unlink(manager.root + "/releases/RELOAD.result")
        let limit = limit(pid, manager)
        let before = try await limit.set(DescriptorLimit.none)
        try manager.touchReload()
        try await manager.whileRunning("RELOAD was tried") { try await told().contains("RELOAD") }
        try await limit.set(before)
        guard try await manager.app()["pid"].int == app else { throw Failure("the app was replaced") }
        return Sweep.Aftermath(
          manager: manager, proof: "prlimit", serving: [served], says: ["RELOAD", "Too many open files"],
          told: told)
      }
    }
  }

  @Test func `EMFILE while the app crashes`() async throws {
    try await withLiveApp { manager, repository in
      try await Sweep.check("EMFILE while the app crashes", repository) {
        let pid = try await manager.pid()
        let told = manager.listening()
        let app = try await manager.appProcess()
        let limit = limit(pid, manager)
        let before = try await limit.set(DescriptorLimit.none)
        kill(app, SIGKILL)
        try await manager.whileRunning("a start was tried") {
          try await told().contains("Too many open files")
        }
        try await limit.set(before)
        return Sweep.Aftermath(
          manager: manager, proof: "prlimit; process \(app) was killed", serving: ["1"],
          says: ["starting", "Too many open files"], told: told)
      }
    }
  }

  private func exhaust(_ strike: Strike) async throws -> Sweep.Aftermath? {
    let manager = strike.manager
    let limit = limit(strike.pid, manager)
    let before = try await limit.set(DescriptorLimit.none)
    strike.goOn()
    // Commands cannot reach it now.
    var hasFailed = false
    try await manager.whileRunning("the deployment ends") {
      hasFailed = strike.says("error: ")
      return hasFailed || strike.says(Boundary.done.words)
    }
    guard hasFailed else {
      try await limit.set(before)
      return nil
    }
    // Nobody gets in now; whoever waits is let in when there are descriptors again.
    let visitor = try rawClient(port: manager.port)
    try visitor.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    guard visitor.isSilent(for: 300) else {
      throw Failure("who waited was let in, or sent away\n\(manager.log.suffix(3000))")
    }
    try await limit.set(before)
    let answer = try await onThread { try visitor.readResponse() }
    guard answer.status == 200 else { throw Failure("who waited was not served: \(answer)") }
    try await manager.untilIdle()
    return Sweep.Aftermath(
      manager: manager, proof: "prlimit; the deployment found no descriptor", serving: [strike.served],
      says: ["failed: ", "Too many open files"], told: { try await manager.lastError() })
  }

  private func limit(_ pid: pid_t, _ manager: Manager) -> DescriptorLimit {
    DescriptorLimit(pid: pid, workspace: manager.workspace)
  }
}
