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
    let count = lowerName(bytes + host.start, host.count)
    guard count > 0 else { return nil }
    if let site = whole.site(of: lowered, count) { return site }
    guard prefixes.count > 0 else { return nil }
    var end = count &- 1
    while end > 0 {
      if lowered[end] == UInt8(ascii: "."), let site = prefixes.site(of: lowered, end) { return site }
      end &-= 1
    }
    return nil
  }

  /// Without the port and the last dot; how long it is then, or 0 if it is longer than any name.
  @inline(__always)
  private func lowerName(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
    let isAddress = count > 0 && bytes[0] == Byte.leftBracket
    var length = 0
    while length < count, isAddress || bytes[length] != Byte.colon {
      guard length < HostPattern.longest else { return 0 }
      lowered[length] = lower(bytes[length])
      length &+= 1
      if isAddress, bytes[length &- 1] == Byte.rightBracket { break }
    }
    return length > 0 && lowered[length &- 1] == UInt8(ascii: ".") ? length &- 1 : length
  }

  func deallocate() {
    var (whole, prefixes) = (whole, prefixes)
    whole.deallocate()
    prefixes.deallocate()
    lowered.deallocate()
  }
}
