import Glibc
import Linux

extension SocketAddress {
  /// An IPv4 address, `localhost` or `[::1]`: names would have to be looked up.
  package init?(host: String, port: UInt16) {
    switch host {
    case "localhost": self = .loopback(port)
    case "[::1]": self = .ipv6Loopback(port: port)
    case "[::]": self = .ipv6Any(port: port)
    default:
      var address = in_addr()
      guard inet_pton(AF_INET, host, &address) == 1 else { return nil }
      self = .ipv4(UInt32(bigEndian: address.s_addr), port: port)
    }
  }

  var port: UInt16 {
    switch self {
    case .ipv4(_, let port), .ipv6Loopback(let port), .ipv6Any(let port): port
    case .unix: 0
    }
  }

  /// The same of another port.
  package func with(port: UInt16) -> SocketAddress {
    switch self {
    case .ipv4(let address, _): .ipv4(address, port: port)
    case .ipv6Loopback: .ipv6Loopback(port: port)
    case .ipv6Any: .ipv6Any(port: port)
    case .unix: self
    }
  }
}
