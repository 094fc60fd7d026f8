import CLinux
import Glibc
import Linux

/// A bound and listening socket.
package struct Listener: Sendable {
  let descriptor: FileDescriptor
  private let unixPath: String?
  /// What bind has made at the path.
  private let made: FileIdentity?

  /// All addresses of the machine, of both families where the kernel has both. `setting` is what an error
  /// tells its reader to change.
  package static func tcp(port: UInt16, setting: String) throws(ListenError) -> Listener {
    do throws(SystemError) {
      do throws(SystemError) {
        return try Listener(.ipv6Any(port: port))
      } catch {
        guard error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL else { throw error }
        return try Listener(.any(port))
      }
    } catch {
      throw ListenError(port: port, setting: setting, error)
    }
  }

  package static func unix(path: String) throws(ListenError) -> Listener {
    do throws(SystemError) {
      let (short, folder) = try Socket.shortPath(path)
      defer { folder.close() }
      return try Listener(.unix(short), path: path)
    } catch {
      throw ListenError(path: path, error)
    }
  }

  private init(_ address: SocketAddress, path: String? = nil) throws(SystemError) {
    descriptor = try Socket.stream(address.family)
    unixPath = path
    let socket = descriptor.raw
    switch address {
    case .unix(let path):
      try Self.removeStaleSocket(path)
      // Before bind, which gives the file the socket's mode: it is never open to others.
      try systemCall("fchmod") { fchmod(socket, 0o600) }
    case .ipv4, .ipv6Any, .ipv6Loopback:
      try Self.set(SOL_SOCKET, SO_REUSEADDR, 1, socket)
      // Accepted sockets inherit it.
      try Self.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1, socket)
      try Self.keepAlive(socket)
      if address.family == AF_INET6 { try Self.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0, socket) }
    }
    try systemCall("bind") { address.withRaw { bind(socket, $0, $1) } }
    try systemCall("listen") { listen(socket, SOMAXCONN) }
    made = path.flatMap { FileIdentity($0) }
  }

  /// The path of a socket that nobody can reach any more: it was deleted, or something else is in its place.
  var lostPath: String? {
    guard let unixPath, FileIdentity(unixPath) != made else { return nil }
    return unixPath
  }

  /// The port the kernel chose, for a listener on port 0.
  package var port: UInt16 {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor.raw, $0, &length) }
    }
    // At the same place in both families.
    return withUnsafeBytes(of: storage) {
      UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    }
  }

  /// nil when nobody waits.
  func accept() throws(SystemError) -> (socket: FileDescriptor, peer: Peer)? {
    var storage = sockaddr_storage()
    var length = UInt32(MemoryLayout<sockaddr_storage>.size)
    let raw = try nonBlocking("accept") { clinux_accept(descriptor.raw, &storage, &length) }
    return raw.map { (FileDescriptor(owning: $0), unixPath == nil ? Peer(storage) : .local) }
  }

  func close() {
    // Not what somebody else has put there.
    if lostPath == nil, let unixPath, let (short, folder) = try? Socket.shortPath(unixPath) {
      unlink(short)
      folder.close()
    }
    descriptor.close()
  }

  /// Left by a manager that was killed. That none is alive is for the caller to know: it holds the lock.
  private static func removeStaleSocket(_ path: String) throws(SystemError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw SystemError(code: EEXIST, operation: "bind") }
    try systemCall("unlink") { unlink(path) }
  }

  /// A peer without a sign of life is gone after a minute; one that only reads nothing answers the kernel's probes.
  private static func keepAlive(_ socket: Int32) throws(SystemError) {
    try set(SOL_SOCKET, SO_KEEPALIVE, 1, socket)
    try set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30, socket)
    try set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10, socket)
    try set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 3, socket)
  }

  private static func set(_ level: Int32, _ option: Int32, _ value: Int32, _ socket: Int32)
    throws(SystemError)
  {
    var value = value
    try systemCall("setsockopt") {
      setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
  }
}
