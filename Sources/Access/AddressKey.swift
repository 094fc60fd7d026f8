import Glibc

/// Who counts as one client: an IPv4 address, or the /64 that anybody with IPv6 has all of.
enum AddressKey: Hashable {
  case ipv4([UInt8])
  case ipv6([UInt8])
  /// No address: all of them together.
  case other

  init(_ text: String) {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 {
      self = .ipv4(Array(bytes.prefix(4)))
    } else if inet_pton(AF_INET6, text, &bytes) == 1 {
      let isMapped = bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
      self = isMapped ? .ipv4(Array(bytes.suffix(4))) : .ipv6(Array(bytes.prefix(8)))
    } else {
      self = .other
    }
  }
}
