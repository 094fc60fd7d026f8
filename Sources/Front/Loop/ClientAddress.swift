import Glibc

/// Who connects: as bytes, an IPv4 address also when it came through an IPv6 socket, and as text.
struct ClientAddress {
  /// Of an IPv4 address the first four.
  private(set) var bytes: (UInt64, UInt64) = (0, 0)
  private(set) var isIPv4 = false
  private(set) var isUnix = false
  private var text: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
  private(set) var length = 0

  init(_ storage: sockaddr_storage) {
    let family = Int32(storage.ss_family)
    withUnsafeBytes(of: storage) { raw in
      switch family {
      case AF_INET: take(raw, at: 4, count: 4)
      case AF_INET6:
        let mapped =
          raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == 0
          && raw.loadUnaligned(fromByteOffset: 16, as: UInt32.self) == 0xffff_0000
        take(raw, at: mapped ? 20 : 8, count: mapped ? 4 : 16)
      default: isUnix = true
      }
    }
    if !isUnix { write() }
  }

  private mutating func take(_ raw: UnsafeRawBufferPointer, at offset: Int, count: Int) {
    isIPv4 = count == 4
    withUnsafeMutableBytes(of: &bytes) {
      $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: raw[offset..<(offset + count)]))
    }
  }

  private mutating func write() {
    var copy = bytes
    let family = isIPv4 ? AF_INET : AF_INET6
    length = withUnsafeMutableBytes(of: &text) { buffer in
      guard let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
        inet_ntop(family, &copy, base, socklen_t(buffer.count)) != nil
      else { return 0 }
      return strlen(base)
    }
  }

  func copyText(to place: UnsafeMutablePointer<UInt8>) {
    withUnsafeBytes(of: text) { buffer in
      guard let base = buffer.baseAddress else { return }
      memcpy(place, base, length)
    }
  }
}
