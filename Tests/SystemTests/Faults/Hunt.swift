import Foundation
import Synchronization

/// Stops a process that may live for milliseconds as soon as it shows, so that a test can do with it what it wants.
enum Hunt {
  /// Pushes commits until it is met: on a busy machine it may come and go unseen. `words` are the beginning of its
  /// command line, the program by its name alone.
  static func stop(
    _ words: [String], of manager: Manager, _ commit: () async throws -> String
  ) async throws -> pid_t {
    let root = try await manager.pid()
    for _ in 0..<20 {
      let commit = try await commit()
      let isOver = Mutex(false)
      async let met = onThread { hunt(words, below: root) { isOver.withLock { $0 } } }
      do {
        try await manager.push(commit)
        try await manager.whileRunning("\(words) is met, or all is over") {
          let stopped = descendants(of: root).contains { matches($0, words) && Procfs.state($0) == "T" }
          if stopped { return true }
          let status = try await manager.status()
          return status["current"].isNull && status["queue"].list.isEmpty
        }
      } catch {
        isOver.withLock { $0 = true }
        throw error
      }
      isOver.withLock { $0 = true }
      if let pid = try await met { return pid }
    }
    throw Failure("\(words) was not met below \(root) in twenty deployments\n\(manager.log.suffix(3000))")
  }

  private static func hunt(_ words: [String], below root: pid_t, until isOver: () -> Bool) -> pid_t? {
    let deadline = ContinuousClock.now + patience
    while !isOver(), ContinuousClock.now < deadline {
      for pid in descendants(of: root) where matches(pid, words) {
        kill(pid, SIGSTOP)
        while let state = Procfs.state(pid), !"ZX".contains(state) {
          if state == "T" { return pid }
        }
      }
    }
    return nil
  }

  private static func matches(_ pid: pid_t, _ words: [String]) -> Bool {
    var line = Procfs.commandLine(pid)
    guard let program = line.first else { return false }
    line[0] = String(program.split(separator: "/").last ?? "")
    return line.starts(with: words)
  }

  /// By the kernel's lists of children: to look through all processes takes longer than a git may live.
  private static func descendants(of root: pid_t) -> [pid_t] {
    children(of: root).flatMap { [$0] + descendants(of: $0) }
  }

  private static func children(of pid: pid_t) -> [pid_t] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    return tasks.flatMap { task in
      String(
        decoding: FileManager.default.contents(atPath: "/proc/\(pid)/task/\(task)/children") ?? Data(),
        as: UTF8.self
      )
      .split(separator: " ").compactMap { pid_t($0) }
    }
  }
}
