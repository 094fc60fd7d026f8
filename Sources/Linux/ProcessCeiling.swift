import CLinux
import Glibc

/// How many processes and threads there may be at all, by what this process can see of its limits: the pids controller of
/// its cgroup in either version's layout, its own limit, the kernel's.
package struct ProcessCeiling: Sendable {
  package let count: UInt64

  /// Enough for any honest build, and few enough for the machine to stand.
  private static let mostForSteps: UInt64 = 8192

  package init(root: String = "/sys/fs/cgroup", proc: String = "/proc") {
    var limits = ["pid_max", "threads-max"].compactMap { Self.number("\(proc)/sys/kernel/\($0)") }
    limits += Self.cgroupFiles(root, "\(proc)/self/cgroup").compactMap(Self.number)
    limits.append(clinux_process_limit())
    count = limits.min() ?? .max
  }

  /// A build that forks without end leaves the other half to the app, which is the same user, and to Bascule. The
  /// kernel holds everybody to such a limit but root.
  package func forSteps(of user: uid_t) -> UInt64 {
    user == 0 ? 0 : max(1, min(count / 2, Self.mostForSteps))
  }

  /// An app that does so leaves Bascule what it needs to put another in its place.
  package func forApp(of user: uid_t) -> UInt64 { user == 0 || count == .max ? 0 : max(1, count - count / 4) }

  private static func cgroupFiles(_ root: String, _ membership: String) -> [String] {
    let lines = ((try? Files.text(membership)) ?? "").split(separator: "\n")
    return lines.flatMap { line -> [String] in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return [] }
      let isV1 = fields[1].split(separator: ",").contains("pids")
      guard isV1 || fields[1].isEmpty else { return [] }
      let base = isV1 ? root + "/pids" : root
      // Inside a container the path that the kernel names is usually mounted as the root itself.
      return ["\(base)\(fields[2])/pids.max", "\(base)/pids.max"]
    }
  }

  private static func number(_ file: String) -> UInt64? {
    (try? Files.text(file, limit: 64)).flatMap { $0.split(separator: "\n").first }.flatMap { UInt64($0) }
  }
}
