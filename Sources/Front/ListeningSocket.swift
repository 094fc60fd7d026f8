import Glibc
import Linux

enum ListeningSocket {
  static func open(_ address: SocketAddress, isShared: Bool) throws(SystemError) -> Int32 {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let fd = try systemCall("socket") { socket(address.family, kind, 0) }
    do throws(SystemError) {
      try set(fd, SOL_SOCKET, SO_REUSEADDR, 1)
      if isShared { try set(fd, SOL_SOCKET, SO_REUSEPORT, 1) }
      if address.family != AF_UNIX {
        // Accepted sockets inherit it.
        try set(fd, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        // Taken in with their first bytes, or a second later without any: most are never waited for. Where a kernel
        // has no such thing, they are.
        try? set(fd, Int32(IPPROTO_TCP), TCP_DEFER_ACCEPT, 1)
        if address.family == AF_INET6 { try set(fd, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
      }
      try systemCall("bind") { address.withRaw { bind(fd, $0, $1) } }
      try systemCall("listen") { listen(fd, 4096) }
    } catch {
      close(fd)
      throw error
    }
    return fd
  }

  /// That nobody else has it, even somebody who would share.
  static func check(_ address: SocketAddress) throws(SystemError) {
    close(try open(address, isShared: false))
  }

  static func port(_ fd: Int32) -> UInt16 {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(fd, $0, &length) }
    }
    // At the same place in both families.
    return withUnsafeBytes(of: storage) {
      UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    }
  }

  private static func set(_ fd: Int32, _ level: Int32, _ option: Int32, _ value: Int32) throws(SystemError) {
    var value = value
    try systemCall("setsockopt") {
      setsockopt(fd, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
  }
}
