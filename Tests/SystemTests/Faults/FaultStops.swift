import Foundation
import Testing

/// SIGSTOP: what does not run, but is not gone either.
@Suite(.fewAtATime)
struct FaultStops {
  /// More than two beats of the manager, so that it must notice.
  private static let pause = Sweep.pick(Duration.seconds(4), long: .seconds(10))

  @Test func `SIGSTOP of the manager: requests wait, and none is lost`() async throws {
    try await withFrontedApp { manager, repository in
      try await Sweep.check("SIGSTOP of the manager for \(Self.pause)", repository) {
        let told = manager.listening()
        let proof = try await loaded(manager) { try await stopped(try await manager.pid()) }
        return Sweep.Aftermath(
          manager: manager, proof: proof, serving: ["1"], says: ["did not run for", "stopped"], told: told)
      }
    }
  }

  @Test func `SIGSTOP of the app: requests wait, and none is lost`() async throws {
    try await withFrontedApp(["ACCESS_LOG": "text"]) { manager, repository in
      try await Sweep.check("SIGSTOP of the app for \(Self.pause)", repository) {
        let told = manager.listening()
        let proof = try await loaded(manager) {
          let (starters, app) = try await manager.appProcesses()
          for pid in starters { kill(pid, SIGSTOP) }
          try await stopped(app)
          for pid in starters { kill(pid, SIGCONT) }
        }
        return Sweep.Aftermath(
          manager: manager, proof: proof, serving: ["1"], says: ["GET /echo/", " 200 "],
          told: {
            // The line of the access log tells how long it took.
            try await told().split(separator: "\n").filter { line in
              line.split { !$0.isNumber && $0 != "." }.contains {
                (Double($0) ?? 0) >= Self.pause.seconds * 800 && $0.contains(".")
              }
            }.joined(separator: "\n")
          })
      }
    }
  }

  @Test func `SIGSTOP of a new release that starts, for good`() async throws {
    try await withLiveApp(["HEALTH_CHECK_TIMEOUT": "8", "STOP_TIMEOUT": "1"]) { manager, repository in
      try await Sweep.check("SIGSTOP of the new app while it starts", repository) {
        let app = try await Hunt.stop(["sleep", "30"], of: manager) {
          try await repository.commit(Sweep.version(), start: "sleep 30")
        }
        try await manager.untilIdle()
        try await eventually("what was stopped is gone") { Procfs.state(app) == nil }
        return Sweep.Aftermath(
          manager: manager, proof: "process \(app) was in state T, and is gone", serving: ["1"],
          says: ["failed: ", "not healthy within", "serves on"], told: { try await manager.lastError() })
      }
    }
  }

  @Test func `SIGSTOP of git and bun`() async throws {
    try await withLiveApp { manager, repository in
      for (words, phase) in [
        (["git", "fetch"], "Phase 2 done in"), (["bun", "install"], "Phase 2 done in"),
        (["bun", "run"], "Phase 3 done in"),
      ] {
        try await Sweep.check("SIGSTOP of \(words.joined(separator: " ")) for \(Self.pause)", repository) {
          try await Sweep.untilMet {
            var version = ""
            var told = manager.listening()
            let pid = try await Hunt.stop(words, of: manager) {
              version = Sweep.version()
              told = manager.listening()
              return try await repository.commit(version)
            }
            let heard = told
            let load = try await served(by: manager)
            try await stopped(pid)
            try await manager.until(phase, in: heard)
            let line = try await heard().split(separator: "\n").last { $0.contains(phase) } ?? ""
            let length = line.split(separator: " ").drop { $0 != "in" }.dropFirst()
            // In ms what is short.
            let took = length.dropFirst().first == "s:" ? length.first.flatMap { Double($0) } ?? 0 : 0
            guard took >= Self.pause.seconds * 0.8 else {
              try await manager.untilIdle()
              return nil
            }
            return Sweep.Aftermath(
              manager: manager,
              proof: "process \(pid) was in state T; \(load) requests were answered meanwhile",
              serving: [version], says: [phase], told: heard)
          }
        }
        try await manager.untilIdle()
      }
    }
  }

  /// Clients at work around it. Returns how it is known that they had to wait, and that none of them missed an answer.
  private func loaded(_ manager: Manager, _ stop: () async throws -> Void) async throws -> String {
    let load = Load(port: manager.port, clients: 4, pause: 5000)
    try await eventually("the clients are at work") { load.responses > 20 }
    try await stop()
    let before = load.responses
    try await eventually("they are at work again") { load.responses > before + 20 }
    let report = try await load.end()
    guard report.problems.isEmpty else { throw Failure("lost: \(report.problems.prefix(5))") }
    guard report.slowest > Self.pause * 0.8 else { throw Failure("nobody waited: \(report.slowest)") }
    return "state T; the slowest of \(report.responses) answers took \(report.slowest.seconds) s"
  }

  /// The app answers while something else is stopped.
  private func served(by manager: Manager) async throws -> Int {
    for _ in 0..<20 { _ = try await manager.app() }
    return 20
  }

  private func stopped(_ pid: pid_t) async throws {
    kill(pid, SIGSTOP)
    defer { kill(pid, SIGCONT) }
    try await Procfs.untilStopped(pid)
    // Not synchronisation: how long it stays stopped is the fault.
    try await Task.sleep(for: Self.pause)
    guard Procfs.state(pid) == "T" else { throw Failure("process \(pid) went on before its time") }
  }
}
