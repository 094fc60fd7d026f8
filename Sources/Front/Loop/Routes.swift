/// Whose a request is, by the host that it names. A whole name wins over a prefix, a longer prefix over a shorter.
struct Routes {
  private var whole = HostTable()
  private var prefixes = HostTable()
  /// The host at hand, in lower case.
  private let lowered: UnsafeMutablePointer<UInt8>

  init() { lowered = .allocate(capacity: HostPattern.longest) }

  var isEmpty: Bool { whole.count == 0 && prefixes.count == 0 }

  mutating func replace(by hosts: [(host: HostPattern, site: SiteRef)]) {
    whole.deallocate()
    prefixes.deallocate()
    whole = HostTable(hosts.filter { !$0.host.isPrefix }.map { ($0.host.name, $0.site) })
    prefixes = HostTable(hosts.filter { $0.host.isPrefix }.map { ($0.host.name, $0.site) })
  }

  /// `host` is a valid authority, or empty.
  @inline(never)
  func site(of bytes: UnsafePointer<UInt8>, _ host: ByteRange) -> SiteRef? {
    let count = nameLength(bytes + host.start, host.count)
    guard count > 0, count <= HostPattern.longest else { return nil }
    var hash = HostTable.Hash()
    var longest: SiteRef?
    for at in 0..<count {
      let byte = lower(bytes[host.start &+ at])
      if byte == UInt8(ascii: "."), let site = prefixes.site(of: lowered, at, hash) { longest = site }
      lowered[at] = byte
      hash.add(byte)
    }
    return whole.site(of: lowered, count, hash) ?? longest
  }

  /// Without the port and the last dot.
  @inline(__always)
  private func nameLength(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
    var length = 0
    if count > 0, bytes[0] == Byte.leftBracket {
      while length < count, bytes[length] != Byte.rightBracket { length &+= 1 }
      return min(length &+ 1, count)
    }
    while length < count, bytes[length] != Byte.colon { length &+= 1 }
    return length > 0 && bytes[length &- 1] == UInt8(ascii: ".") ? length &- 1 : length
  }

  func deallocate() {
    var (whole, prefixes) = (whole, prefixes)
    whole.deallocate()
    prefixes.deallocate()
    lowered.deallocate()
  }
}
