import Linux

/// The TCP ports on which a process group listens: for the app that took another port than it was given.
enum ListeningPorts {
  /// nil where that cannot be seen: then nothing may be said of it.
  static func of(group: Int32) -> [UInt16]? {
    let members = Procfs.processes().filter { $0.group == group && !$0.isZombie }
    guard !members.isEmpty else { return nil }
    do throws(SystemError) {
      var sockets: Set<String> = []
      for member in members { sockets.formUnion(try Procfs.descriptors(of: member.pid)) }
      var ports: Set<UInt16> = []
      for table in ["tcp", "tcp6"] {
        // Without IPv6 there is no such table.
        guard Files.kind("/proc/self/net/\(table)") != nil else { continue }
        let rows = try Files.text("/proc/self/net/\(table)").split(separator: "\n").dropFirst()
        ports.formUnion(rows.compactMap { port(listenedOn: $0, by: sockets) })
      }
      return ports.sorted()
    } catch {
      return nil
    }
  }

  private static func port(listenedOn row: Substring, by sockets: Set<String>) -> UInt16? {
    let fields = row.split(separator: " ")
    // 0A is LISTEN.
    guard fields.count > 9, fields[3] == "0A", sockets.contains("socket:[\(fields[9])]") else { return nil }
    return fields[1].split(separator: ":").last.flatMap { UInt16($0, radix: 16) }
  }
}
