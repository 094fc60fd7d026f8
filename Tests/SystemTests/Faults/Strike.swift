import Foundation

/// A deployment whose manager stands still at a boundary, so that a fault meets it there and nowhere else.
struct Strike {
  let manager: Manager
  let pid: pid_t
  let deployment: Int
  /// What the deployment brings, and what has served before it.
  let version: String
  let served: String
  /// What the manager has said since the commit was pushed.
  let told: @Sendable () -> String

  func goOn() { kill(pid, SIGCONT) }

  /// Whether it says so in the log, which is read without asking the manager for anything.
  func says(_ words: String) -> Bool {
    told().contains("deploy #\(deployment) | \(words)")
  }
}

extension Sweep {
  private static let attempts = 20

  /// Deploys until the fault is met. A manager that was already further when it stood still, or that had nothing left
  /// to do which could notice (`harm` returns nil), is let go, and the next commit is pushed.
  ///
  /// `harm` ends with the manager dead or going on.
  static func strike(
    _ manager: Manager, _ repository: Repository, at boundary: Boundary,
    commit: ((String) async throws -> String)? = nil, _ harm: (Strike) async throws -> Aftermath?
  ) async throws -> Aftermath {
    var (late, unnoticed) = (0, 0)
    while late + unnoticed < attempts {
      guard let served = await manager.servedVersion() else { throw Failure("nothing serves") }
      let version = Sweep.version()
      let hash = if let commit { try await commit(version) } else { try await repository.commit(version) }
      let pid = try await manager.pid()
      let mark = manager.process.mark
      let id = try await manager.push(hash)
      try await stop(manager, pid, "deploy #\(id) | \(boundary.words)", since: mark)
      defer { kill(pid, SIGCONT) }
      let said = manager.process.said(since: mark)
      if boundary.later.contains(where: { said.contains("deploy #\(id) | \($0.words)") }) {
        late += 1
      } else {
        let strike = Strike(
          manager: manager, pid: pid, deployment: id, version: version, served: served,
          told: { manager.process.said(since: mark) })
        if let aftermath = try await harm(strike) { return aftermath }
        unnoticed += 1
      }
      kill(pid, SIGCONT)
      try await manager.untilIdle()
    }
    throw Failure(
      "no deployment was met at \"\(boundary.words)\": \(late) were further already, \(unnoticed) did not notice"
    )
  }

  /// For a process that may have been another's than the deployment's, such as one that makes the spare.
  static func untilMet(_ harm: () async throws -> Aftermath?) async throws -> Aftermath {
    for _ in 0..<attempts {
      if let aftermath = try await harm() { return aftermath }
    }
    throw Failure("\(attempts) times no deployment noticed")
  }

  /// On a thread of its own: a moment later it would be further.
  private static func stop(
    _ manager: Manager, _ pid: pid_t, _ words: String, since mark: Child.Mark
  ) async throws {
    try await onThread {
      let deadline = ContinuousClock.now + patience
      while !manager.process.said(since: mark).contains(words) {
        guard ContinuousClock.now < deadline, manager.process.exitCode == nil else {
          throw Failure("the log never said: \(words)\n\(manager.log.suffix(3000))")
        }
        usleep(100)
      }
      kill(pid, SIGSTOP)
    }
    try await Procfs.untilStopped(pid)
  }
}

extension Procfs {
  /// All of its threads: what one is still about to write comes before that.
  static func untilStopped(_ pid: pid_t) async throws {
    try await eventually("process \(pid) is stopped", every: .milliseconds(1)) {
      let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
      return !threads.isEmpty && threads.compactMap { pid_t($0) }.allSatisfy { state($0) == "T" }
    }
  }
}
