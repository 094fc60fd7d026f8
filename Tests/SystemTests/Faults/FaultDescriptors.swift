import Foundation
import Testing

/// EMFILE: no more descriptors for the manager, and then again some.
@Suite(.fewAtATime, .inTheSweep)
struct FaultDescriptors {
  @Test func `EMFILE while a deployment runs, requests come and RELOAD is asked for`() async throws {
    try await withLiveApp { manager, repository in
      var served = "1"
      for boundary in Sweep.pick(
        [Boundary.few[0], Boundary.few[3], Boundary.few[5]], long: Array(Boundary.all.prefix(12)))
      {
        (_, served) = try await Sweep.check("EMFILE from \"\(boundary.words)\" on", repository) {
          let pid = try await manager.pid()
          let version = Sweep.version()
          let commit = try await repository.commit(version)
          let told = manager.listening()
          let id = try await manager.push(commit)
          try await manager.until("deploy #\(id) | \(boundary.words)", in: told)
          // It stands still meanwhile, or it would be far beyond the boundary.
          kill(pid, SIGSTOP)
          defer { kill(pid, SIGCONT) }
          try await eventually("the manager is stopped", every: .milliseconds(1)) { Procfs.state(pid) == "T" }
          let before = try await limit(manager, to: Procfs.lowestFree(pid))
          kill(pid, SIGCONT)
          try await manager.whileRunning("the deployment fails") {
            try await told().contains("deploy #\(id) | error: ")
          }
          // Nobody gets in now; whoever waits is let in when there are descriptors again.
          let waiting = Task { try await request(port: manager.port).status }
          try await Task.sleep(for: .milliseconds(300))
          try await limit(manager, to: before)
          guard try await waiting.value == 200 else { throw Failure("who waited was not served") }
          try await manager.untilIdle()
          return Sweep.Aftermath(
            manager: manager, proof: "prlimit; the deployment found no descriptor", serving: [served],
            says: ["failed: ", "Too many open files"], told: { try await manager.lastError() })
        }
      }
      try await Sweep.check("EMFILE and RELOAD", repository) {
        let pid = try await manager.pid()
        let app = try await manager.app()["pid"].int
        let told = manager.listening()
        unlink(manager.root + "/releases/RELOAD.result")
        let before = try await limit(manager, to: Procfs.lowestFree(pid))
        try manager.touchReload()
        try await manager.whileRunning("RELOAD was tried") { try await told().contains("RELOAD") }
        try await limit(manager, to: before)
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
        let folder = manager.root + "/releases/1"
        guard let app = Procfs.descendants(of: pid).last(where: { Procfs.folder($0) == folder }) else {
          throw Failure("no app")
        }
        let before = try await limit(manager, to: Procfs.lowestFree(pid))
        kill(app, SIGKILL)
        try await manager.whileRunning("a start was tried") {
          try await told().contains("Too many open files")
        }
        try await limit(manager, to: before)
        return Sweep.Aftermath(
          manager: manager, proof: "prlimit; process \(app) was killed", serving: ["1"],
          says: ["starting", "Too many open files"], told: told)
      }
    }
  }

  /// Returns the limit before.
  @discardableResult
  private func limit(_ manager: Manager, to number: Int) async throws -> Int {
    let pid = try await manager.pid()
    let prlimit = try Toolbox.find("prlimit", package: "util-linux")
    func soft() async throws -> Int {
      let text = try await manager.workspace.run([
        prlimit, "--pid", "\(pid)", "--nofile", "--output", "SOFT", "--noheadings",
      ])
      return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? -1
    }
    let before = try await soft()
    try await manager.workspace.run([prlimit, "--pid", "\(pid)", "--nofile=\(number):"])
    guard try await soft() == number else { throw Failure("prlimit changed nothing") }
    return before
  }
}

extension Procfs {
  /// With this as its limit a process gets no descriptor more.
  static func lowestFree(_ pid: pid_t) -> Int {
    let open = Set(
      (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd"))?.compactMap { Int($0) } ?? [])
    return (0...).first { !open.contains($0) } ?? 0
  }
}
