import Glibc
import Linux

/// Two variables in the environment of every child, by which its descendants are known wherever they
/// flee to: which manager they belong to, and which start they came of.
@MainLoop
package final class Marks {
  package struct Mark: Sendable {
    package let environment: [String: String]
    /// As it stands in /proc/PID/environ.
    let entry: String
  }

  private let root: String
  private var count = 0

  package init(root: String) { self.root = root }

  package func next() -> Mark {
    count += 1
    let job = "\(getpid())-\(Timestamp.now.milliseconds)-\(count)"
    return Mark(environment: ["BASCULE_ROOT": root, "BASCULE_JOB": job], entry: "BASCULE_JOB=\(job)")
  }

  /// What a manager of the same folder left running when it was killed. Only where this one is not PID 1:
  /// the end of a PID 1 takes all of its namespace along.
  package func endStrays(table: ProcessTable) -> [String] {
    guard getpid() != 1 else { return [] }
    var ancestors: Set<pid_t> = [getpid()]
    var next = getppid()
    while next > 1, ancestors.insert(next).inserted { next = Procfs.process(next)?.parent ?? 0 }
    let strays = Procfs.processes().filter { process in
      !ancestors.contains(process.pid) && !process.isZombie
        && Procfs.environment(of: process.pid, has: "BASCULE_ROOT=\(root)")
        && Procfs.environment(of: process.pid, hasName: "BASCULE_JOB")
    }
    for stray in strays { _ = kill(stray.pid, SIGKILL) }
    return strays.map { "\($0.name) (pid \($0.pid))" }
  }
}
