import Glibc

/// Who is at the other end of a connection.
package struct Peer: Sendable, Equatable {
  /// As text, an IPv4 address also when it came through an IPv6 socket; empty for a unix socket.
  package let address: String
  package let isLoopback: Bool

  package init(address: String, isLoopback: Bool) {
    self.address = address
    self.isLoopback = isLoopback
  }

  /// From an address as text; nil where it is none.
  package init?(parsing text: String) {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 {
      self.init(ipv4: bytes[..<4])
    } else if inet_pton(AF_INET6, text, &bytes) == 1 {
      self.init(ipv6: bytes)
    } else {
      return nil
    }
  }

  package static let local = Peer(address: "", isLoopback: true)

  init(_ storage: sockaddr_storage) {
    let bytes = withUnsafeBytes(of: storage) { Array($0.prefix(24)) }
    switch Int32(storage.ss_family) {
    case AF_INET: self.init(ipv4: bytes[4..<8])
    case AF_INET6: self.init(ipv6: Array(bytes[8..<24]))
    default: self = .local
    }
  }

  private init(ipv4 bytes: ArraySlice<UInt8>) {
    self.init(address: bytes.map(String.init).joined(separator: "."), isLoopback: bytes.first == 127)
  }

  private init(ipv6 bytes: [UInt8]) {
    if bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) {
      self.init(ipv4: bytes[12...])
      return
    }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count))
    let address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    self.init(address: address, isLoopback: address == "::1")
  }
}
