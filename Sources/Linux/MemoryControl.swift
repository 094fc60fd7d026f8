import Glibc

/// The memory controller of this process's cgroup, in either version's layout.
package struct MemoryControl: Sendable {
  private let eventsFile: String
  private let limitFile: String

  /// nil where no memory controller can be seen.
  package init?(root: String = "/sys/fs/cgroup", membership: String = "/proc/self/cgroup") {
    let lines = ((try? Files.text(membership)) ?? "").split(separator: "\n")
    for line in lines {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isV1 = fields[1].split(separator: ",").contains("memory")
      guard isV1 || fields[1].isEmpty else { continue }
      let events = isV1 ? "memory.oom_control" : "memory.events"
      let limit = isV1 ? "memory.limit_in_bytes" : "memory.max"
      // Inside a container the path that the kernel names is usually mounted as the root itself.
      for base in isV1 ? ["\(root)/memory\(fields[2])", "\(root)/memory"] : ["\(root)\(fields[2])", root]
      where Files.kind("\(base)/\(events)") == .file {
        eventsFile = "\(base)/\(events)"
        limitFile = "\(base)/\(limit)"
        return
      }
    }
    return nil
  }

  /// How often the kernel has killed a process of this group for want of memory.
  package var outOfMemoryKills: Int {
    guard let text = try? Files.text(eventsFile) else { return 0 }
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      if fields.count == 2, fields[0] == "oom_kill" { return Int(fields[1]) ?? 0 }
    }
    return 0
  }

  /// nil when the group has no limit.
  package var limit: Int64? {
    guard let text = try? Files.text(limitFile), let value = Int64(text.split(separator: "\n").first ?? "")
    else { return nil }
    return value < 1 << 60 ? value : nil
  }
}
