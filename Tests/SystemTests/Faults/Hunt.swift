import Foundation
import Testing

/// Stops a process that may live for milliseconds as soon as it shows, so that a test can do with it what it wants.
enum Hunt {
  /// `words`: the beginning of its command line, the program by its name alone.
  static func stop(_ words: [String], below root: pid_t) async throws -> pid_t {
    try await onThread {
      let deadline = ContinuousClock.now + patience
      while ContinuousClock.now < deadline {
        for pid in descendants(of: root) where matches(pid, words) {
          kill(pid, SIGSTOP)
          while ContinuousClock.now < deadline, let state = Procfs.state(pid), !"ZX".contains(state) {
            if state == "T" { return pid }
          }
        }
      }
      throw TimedOut(description: "\(words) was not met below \(root) within \(patience).")
    }
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
