import Glibc

/// A client that sends any bytes at all, at any pace.
func rawClient(port: Int, receiveBuffer: Int32? = nil) throws -> ByteStream {
  try connected(to: loopbackAddress(port: port), family: AF_INET, port, receiveBuffer)
}

/// The same over IPv6.
func rawClient(port6 port: Int) throws -> ByteStream {
  var address = sockaddr_in6()
  address.sin6_family = sa_family_t(AF_INET6)
  address.sin6_port = in_port_t(port).bigEndian
  address.sin6_addr = in6addr_loopback
  return try connected(to: address, family: AF_INET6, port, nil)
}

private func connected<Address>(
  to address: Address, family: Int32, _ port: Int, _ receiveBuffer: Int32?
) throws -> ByteStream {
  let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { throw Failure("no socket: \(String(cString: strerror(errno)))") }
  if var size = receiveBuffer {
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
  }
  let result = withUnsafePointer(to: address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
    }
  }
  guard result == 0 else {
    let reason = String(cString: strerror(errno))
    close(descriptor)
    throw Failure("nobody listens on port \(port): \(reason)")
  }
  return ByteStream(descriptor: descriptor)
}
