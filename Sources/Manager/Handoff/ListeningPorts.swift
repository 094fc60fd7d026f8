import Linux

/// The TCP ports on which a process group listens: for the app that took another port than it was given.
enum ListeningPorts {
  static func of(group: Int32) -> [UInt16] {
    let members = Procfs.processes().filter { $0.group == group }
    guard let first = members.first else { return [] }
    let inodes = Set(members.flatMap { sockets(of: $0.pid).inodes })
    return Set(listeners(seenBy: first.pid).filter { inodes.contains($0.inode) }.map(\.port)).sorted()
  }

  /// Whether somebody listens there, and it is none of these: with the host's network another may have been quicker.
  /// False where that cannot be known, since to see another user's descriptors takes a capability.
  static func isForeign(_ port: UInt16, to pids: [Int32]) -> Bool {
    let owned = pids.map { sockets(of: $0) }
    guard let first = pids.first, owned.allSatisfy(\.isComplete) else { return false }
    let there = listeners(seenBy: first).filter { $0.port == port }
    return !there.isEmpty && !there.contains { row in owned.contains { $0.inodes.contains(row.inode) } }
  }

  private static func listeners(seenBy pid: Int32) -> [(port: UInt16, inode: String)] {
    let tables = ["tcp", "tcp6"].flatMap { table in
      ((try? Files.text("/proc/\(pid)/net/\(table)")) ?? "").split(separator: "\n").dropFirst()
    }
    return tables.compactMap { row in
      let fields = row.split(separator: " ")
      // 0A is LISTEN.
      guard fields.count > 9, fields[3] == "0A",
        let port = fields[1].split(separator: ":").last.flatMap({ UInt16($0, radix: 16) })
      else { return nil }
      return (port, String(fields[9]))
    }
  }

  /// Not complete: some may not be seen, or are being closed.
  private static func sockets(of pid: Int32) -> (inodes: Set<String>, isComplete: Bool) {
    guard let names = try? Files.list("/proc/\(pid)/fd") else { return ([], false) }
    let targets = names.map { Files.linkTarget("/proc/\(pid)/fd/\($0)") }
    let inodes = targets.compactMap { target -> String? in
      guard let target, target.hasPrefix("socket:[") else { return nil }
      return String(target.dropFirst("socket:[".count).dropLast())
    }
    return (Set(inodes), !targets.isEmpty && !targets.contains(nil))
  }
}
