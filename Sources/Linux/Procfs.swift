import Glibc

/// What /proc tells of processes. A process can go at any moment, so nothing here is an error.
package enum Procfs {
  package struct Process: Sendable {
    package let pid: pid_t
    package let name: String
    package let state: Character
    package let parent: pid_t
    package let group: pid_t

    package var isZombie: Bool { state == "Z" || state == "X" }
  }

  package static func processes() -> [Process] {
    guard let names = try? Files.list("/proc") else { return [] }
    return names.compactMap { pid_t($0).flatMap(process) }
  }

  package static func process(_ pid: pid_t) -> Process? {
    guard let text = try? Files.text("/proc/\(pid)/stat", limit: 4096) else { return nil }
    // The name is in parentheses and may itself hold any of ") (".
    guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close else {
      return nil
    }
    let fields = text[text.index(after: close)...].split(separator: " ")
    guard fields.count > 2, let state = fields[0].first, let parent = pid_t(fields[1]),
      let group = pid_t(fields[2])
    else { return nil }
    return Process(
      pid: pid, name: String(text[text.index(after: open)..<close]), state: state, parent: parent,
      group: group)
  }

  /// Besides its own one.
  package static func groups(of pid: pid_t) -> [gid_t] {
    guard let text = try? Files.text("/proc/\(pid)/status", limit: 1 << 20),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Groups:") })
    else { return [] }
    return line.dropFirst("Groups:".count).split(whereSeparator: \.isWhitespace).compactMap { gid_t($0) }
  }

  /// Whether the environment that `pid` was started with holds this very `NAME=value`.
  package static func environment(of pid: pid_t, has entry: String) -> Bool {
    let wanted = Array(entry.utf8)
    return environment(of: pid).contains { $0.elementsEqual(wanted) }
  }

  package static func environment(of pid: pid_t, hasName name: String) -> Bool {
    let wanted = Array("\(name)=".utf8)
    return environment(of: pid).contains { $0.starts(with: wanted) }
  }

  private static func environment(of pid: pid_t) -> [ArraySlice<UInt8>] {
    for _ in 0..<4 {
      guard let bytes = environmentBytes(of: pid) else { return [] }
      if !bytes.isEmpty { return bytes.split(separator: 0) }
      // It has none, or is just becoming another program: then it has again in a moment.
      usleep(300)
    }
    return []
  }

  private static func environmentBytes(of pid: pid_t) -> [UInt8]? {
    try? asItsOwner(pid) { () throws(SystemError) in
      try Files.read("/proc/\(pid)/environ", limit: 4 << 20)
    }
  }

  /// What the open descriptors of `pid` are, such as `socket:[4711]`. None of one that is gone.
  package static func descriptors(of pid: pid_t) throws(SystemError) -> [String] {
    try asItsOwner(pid) { () throws(SystemError) in
      let folder = "/proc/\(pid)/fd"
      var found: [String] = []
      for name in try unlessGone({ () throws(SystemError) in try Files.list(folder) }) ?? [] {
        let target = try unlessGone { () throws(SystemError) in try Files.readLink("\(folder)/\(name)") }
        if let target { found.append(target) }
      }
      return found
    }
  }

  private static func unlessGone<Value>(_ body: () throws(SystemError) -> Value) throws(SystemError) -> Value?
  {
    do throws(SystemError) {
      return try body()
    } catch  where error.isMissing || error.code == ESRCH {
      return nil
    }
  }

  /// In a container root may not look into the processes of others (it lacks CAP_SYS_PTRACE), but become them it may.
  private static func asItsOwner<Value>(
    _ pid: pid_t, _ body: () throws(SystemError) -> Value
  ) throws(SystemError) -> Value {
    do throws(SystemError) {
      return try body()
    } catch  where error.code == EACCES && geteuid() == 0 {
      return try Files.asOwner(of: "/proc/\(pid)", body)
    }
  }

  /// Everything that descends from `root`, itself left out, and from none of `others`: along the tree, since a machine
  /// may have thousands of processes that are nobody's business here.
  package static func descendants(of root: pid_t, except others: Set<pid_t> = []) -> [Process] {
    guard Files.kind("/proc/self/task/\(getpid())/children") != nil else {
      return scan(below: root, except: others)
    }
    var found: [Process] = []
    var open = [root]
    while let parent = open.popLast() {
      for child in children(of: parent) where !others.contains(child) {
        guard let process = process(child) else { continue }
        found.append(process)
        open.append(child)
      }
    }
    return found
  }

  private static func children(of pid: pid_t) -> [pid_t] {
    let threads = (try? Files.list("/proc/\(pid)/task")) ?? []
    return threads.flatMap { thread in
      let file = "/proc/\(pid)/task/\(thread)/children"
      // The kernel may leave one out when another ends while it lists them.
      var text = (try? Files.read(file, limit: 1 << 20)) ?? []
      for _ in 0..<10 {
        let again = (try? Files.read(file, limit: 1 << 20)) ?? []
        if again == text { break }
        text = again
      }
      return numbers(text)
    }
  }

  /// Of a list in which each ends in a space. Of a hundred children a String would cost more than to read them.
  private static func numbers(_ text: [UInt8]) -> [pid_t] {
    var found: [pid_t] = []
    var number: pid_t = 0
    for byte in text {
      if byte == UInt8(ascii: " ") {
        found.append(number)
        number = 0
      } else {
        number = number &* 10 &+ pid_t(byte) &- 48
      }
    }
    return found
  }

  /// Where the kernel was built without CONFIG_PROC_CHILDREN.
  private static func scan(below root: pid_t, except others: Set<pid_t>) -> [Process] {
    let all = processes().filter { !others.contains($0.pid) }
    var family: Set<pid_t> = [root]
    var found: [Process] = []
    while true {
      let next = all.filter { family.contains($0.parent) && !family.contains($0.pid) }
      if next.isEmpty { return found }
      found += next
      family.formUnion(next.map(\.pid))
    }
  }

  package static func residentBytes(of pid: pid_t) -> Int64 {
    guard let text = try? Files.text("/proc/\(pid)/statm", limit: 4096) else { return 0 }
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int64(fields[1]) else { return 0 }
    return pages.multipliedReportingOverflow(by: Int64(sysconf(Int32(_SC_PAGESIZE)))).partialValue
  }
}
