import Glibc
import Linux

/// Two variables in the environment of every child, by which its descendants are known wherever they
/// flee to: which manager they belong to, and which start they came of. And, for a child that is another user, a
/// group of its own: an environment can be cleared, a group be left by root alone.
@MainLoop
package final class Marks {
  package struct Mark: Sendable {
    package let environment: [String: String]
    /// As it stands in /proc/PID/environ.
    let entry: String
    /// nil where the kernel has no group to spare.
    package let group: gid_t?
  }

  private let root: String
  private var count = 0
  private let groups: ClosedRange<gid_t>?
  private var group: gid_t?

  /// Beyond what anybody counts up to; else those that systemd gives to services for as long as they run, since
  /// a container that root has not started may have no higher ones.
  private static let spare: [ClosedRange<gid_t>] = [0x6000_0000...0x6fff_ffff, 61184...65519]

  package init(root: String, groupMap: String = "/proc/self/gid_map") {
    self.root = root
    groups = Self.spare.first { range in Self.mapped(groupMap).contains { $0.contains(range) } }
    // Another manager of this machine counts from elsewhere.
    group = groups?.randomElement()
  }

  private static func mapped(_ file: String) -> [ClosedRange<gid_t>] {
    let lines = ((try? Files.text(file)) ?? "").split(separator: "\n")
    return lines.compactMap { line in
      let numbers = line.split(separator: " ").compactMap { UInt64($0) }
      guard numbers.count == 3, numbers[2] > 0, let first = gid_t(exactly: numbers[0]) else { return nil }
      let (last, overflow) = numbers[0].addingReportingOverflow(numbers[2] - 1)
      return first...(overflow ? gid_t.max : gid_t(clamping: last))
    }
  }

  private func nextGroup() -> gid_t? {
    guard let groups, let current = group else { return nil }
    group = current == groups.upperBound ? groups.lowerBound : current + 1
    return current
  }

  package func next() -> Mark {
    count += 1
    let job = "\(getpid())-\(Timestamp.now.milliseconds)-\(count)"
    return Mark(
      environment: ["BASCULE_ROOT": root, "BASCULE_JOB": job], entry: "BASCULE_JOB=\(job)", group: nextGroup()
    )
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
