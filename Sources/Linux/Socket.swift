import Glibc

/// Addresses and stream sockets, non-blocking and closed on exec.
package enum SocketAddress: Sendable, Equatable {
  case ipv4(UInt32, port: UInt16)
  case ipv6Loopback(port: UInt16)
  case ipv6Any(port: UInt16)
  case unix(String)

  package static func loopback(_ port: UInt16) -> SocketAddress { .ipv4(0x7f00_0001, port: port) }
  package static func any(_ port: UInt16) -> SocketAddress { .ipv4(0, port: port) }

  package var family: Int32 {
    switch self {
    case .ipv4: AF_INET
    case .ipv6Loopback, .ipv6Any: AF_INET6
    case .unix: AF_UNIX
    }
  }

  package func withRaw<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Value) rethrows -> Value
  {
    switch self {
    case .ipv4(let address, let port):
      var raw = sockaddr_in()
      raw.sin_family = sa_family_t(AF_INET)
      raw.sin_port = port.bigEndian
      raw.sin_addr.s_addr = address.bigEndian
      return try Self.rebound(&raw, body)
    case .ipv6Loopback(let port):
      var raw = sockaddr_in6()
      raw.sin6_family = sa_family_t(AF_INET6)
      raw.sin6_port = port.bigEndian
      raw.sin6_addr = in6addr_loopback
      return try Self.rebound(&raw, body)
    case .ipv6Any(let port):
      var raw = sockaddr_in6()
      raw.sin6_family = sa_family_t(AF_INET6)
      raw.sin6_port = port.bigEndian
      raw.sin6_addr = in6addr_any
      return try Self.rebound(&raw, body)
    case .unix(let path):
      var raw = sockaddr_un()
      raw.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &raw.sun_path) { buffer in
        buffer.copyBytes(from: path.utf8.prefix(buffer.count - 1))
      }
      return try Self.rebound(&raw, body)
    }
  }

  private static func rebound<Raw, Value>(
    _ raw: inout Raw, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Value
  ) rethrows -> Value {
    try withUnsafeBytes(of: &raw) { bytes in
      // Never nil: a struct has a size.
      guard let base = bytes.baseAddress else { preconditionFailure("an empty socket address") }
      return try body(base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }
  }
}

package enum Socket {
  package static func stream(_ family: Int32) throws(SystemError) -> FileDescriptor {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    return FileDescriptor(owning: try systemCall("socket") { socket(family, kind, 0) })
  }

  /// Starts to connect; the socket turns writable when it has, or has failed (see `pendingError`).
  package static func connect(to address: SocketAddress) throws(SystemError) -> FileDescriptor {
    let descriptor = try stream(address.family)
    do throws(SystemError) {
      try systemCall("connect") { address.withRaw { Glibc.connect(descriptor.raw, $0, $1) } }
    } catch {
      if error.code != EINPROGRESS { throw error }
    }
    return descriptor
  }

  /// Whether somebody already has that port, on any address.
  package static func isListening(on port: UInt16) -> Bool {
    [SocketAddress.ipv6Any(port: port), .any(port)].contains { address in
      guard let socket = try? stream(address.family) else { return false }
      var yes: Int32 = 1
      setsockopt(socket.raw, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
      return address.withRaw { bind(socket.raw, $0, $1) } != 0 && errno == EADDRINUSE
    }
  }

  /// One that the kernel chooses on loopback. Anybody may take it until the caller's child does.
  package static func freePort() -> UInt16? {
    guard let socket = try? stream(AF_INET),
      SocketAddress.loopback(0).withRaw({ bind(socket.raw, $0, $1) }) == 0
    else { return nil }
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket.raw, $0, &length) }
    }
    return result == 0 ? UInt16(bigEndian: address.sin_port) : nil
  }

  package static func pendingError(_ descriptor: FileDescriptor) -> SystemError? {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor.raw, SOL_SOCKET, SO_ERROR, &code, &length)
    return code == 0 ? nil : SystemError(code: code, operation: "connect")
  }

  /// The path under which a unix socket can be reached however long its real path is: sockaddr_un holds 107
  /// bytes, so the folder is named through its descriptor. Keep the descriptor open while the path is used.
  package static func shortPath(_ path: String) throws(SystemError) -> (path: String, folder: FileDescriptor)
  {
    let folder = try FileDescriptor.open(Files.parent(of: path), O_RDONLY | O_DIRECTORY)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return ("/proc/self/fd/\(folder.raw)/\(name)", folder)
  }
}
