/// What a process may do that others may not: root's rights, one by one.
package enum Capability: Int, CaseIterable, Sendable {
  case chown = 0
  case dacOverride = 1
  case fowner = 3
  case kill = 5
  case setgid = 6
  case setuid = 7

  /// As `docker run --cap-add` takes it.
  package var name: String {
    switch self {
    case .chown: "CHOWN"
    case .dacOverride: "DAC_OVERRIDE"
    case .fowner: "FOWNER"
    case .kill: "KILL"
    case .setgid: "SETGID"
    case .setuid: "SETUID"
    }
  }

  /// Those that this process lacks; none where the kernel does not say.
  package static func missing(statusFile: String = "/proc/self/status") -> [Capability] {
    let lines = ((try? Files.text(statusFile)) ?? "").split(separator: "\n")
    guard let line = lines.first(where: { $0.hasPrefix("CapEff:") }),
      let held = UInt64(line.dropFirst("CapEff:".count).filter { !$0.isWhitespace }, radix: 16)
    else { return [] }
    return allCases.filter { held & (1 << UInt64($0.rawValue)) == 0 }
  }
}
