import Linux

/// The TCP ports on which a process group listens: for the app that took another port than it was given.
enum ListeningPorts {
  static func of(group: Int32) -> [UInt16] {
    let members = Procfs.processes().filter { $0.group == group }
    guard let first = members.first else { return [] }
    let inodes = Set(members.flatMap { sockets(of: $0.pid) })
    let tables = ["tcp", "tcp6"].flatMap { table in
      ((try? Files.text("/proc/\(first.pid)/net/\(table)")) ?? "").split(separator: "\n").dropFirst()
    }
    var ports: Set<UInt16> = []
    for row in tables {
      let fields = row.split(separator: " ")
      // 0A is LISTEN.
      guard fields.count > 9, fields[3] == "0A", inodes.contains(String(fields[9])),
        let port = fields[1].split(separator: ":").last.flatMap({ UInt16($0, radix: 16) })
      else { continue }
      ports.insert(port)
    }
    return ports.sorted()
  }

  private static func sockets(of pid: Int32) -> [String] {
    ((try? Files.list("/proc/\(pid)/fd")) ?? []).compactMap { name in
      guard let target = Files.linkTarget("/proc/\(pid)/fd/\(name)"), target.hasPrefix("socket:[") else {
        return nil
      }
      return String(target.dropFirst("socket:[".count).dropLast())
    }
  }
}
