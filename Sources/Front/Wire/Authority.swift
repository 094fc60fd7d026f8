import Glibc

enum Authority {
  /// Whether it is a host and perhaps a port, in letters that everybody reads alike: no user, no list, no
  /// percent-encoding, no empty port.
  static func isValid(_ bytes: UnsafePointer<UInt8>, _ range: ByteRange, _ classes: ByteClasses) -> Bool {
    guard range.count > 0 else { return false }
    var at = range.start
    if bytes[at] == Byte.leftBracket {
      at = classes.end(of: ByteClasses.address, bytes, from: at + 1, to: range.end)
      guard at < range.end, bytes[at] == Byte.rightBracket,
        isIPv6(bytes + range.start + 1, at - range.start - 1)
      else { return false }
      at += 1
    } else {
      at = classes.end(of: ByteClasses.host, bytes, from: at, to: range.end)
      guard at > range.start else { return false }
    }
    guard at < range.end else { return true }
    guard bytes[at] == Byte.colon else { return false }
    let port = ByteRange(start: at + 1, count: range.end - at - 1)
    guard port.count <= 5, let number = decimal(bytes, port) else { return false }
    return number <= 65535
  }

  private static func isIPv6(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    guard count > 0, count < INET6_ADDRSTRLEN else { return false }
    var address = in6_addr()
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { text in
      for index in 0..<count { text[index] = CChar(bitPattern: bytes[index]) }
      text[count] = 0
      return inet_pton(AF_INET6, text.baseAddress, &address) == 1
    }
  }
}
