import CLinux
import Glibc

/// The two system calls that nearly everything is made of.
extension Loop {
  enum Received {
    case bytes(Int)
    case nothing
    case end
    case failure
  }

  /// Edge-triggered: what the kernel has said once is kept in the endpoint until a call says otherwise.
  func receive(
    _ endpoint: UnsafeMutablePointer<Endpoint>, _ place: UnsafeMutablePointer<UInt8>, _ room: Int
  ) -> Received {
    let count = recv(endpoint.pointee.fd, place, room, Int32(MSG_DONTWAIT))
    if count > 0 {
      // Less than there was room for is all there was. The end has an event of its own, unless it is known.
      if count < room, !endpoint.pointee.isPeerClosed { endpoint.pointee.isReadable = false }
      return .bytes(count)
    }
    if count == 0 { return .end }
    guard errno == EAGAIN else { return .failure }
    endpoint.pointee.isReadable = false
    return .nothing
  }

  /// How much of it was taken, which may be nothing; below 0 when the connection is no good any more.
  ///
  /// `isLast`: the connection is closed next, so that the end can go in the same segment.
  func transmit(_ fd: Int32, _ bytes: UnsafePointer<UInt8>, _ count: Int, isLast: Bool = false) -> Int {
    let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL) | (isLast ? Int32(MSG_MORE) : 0)
    let sent = Glibc.send(fd, bytes, count, flags)
    return sent >= 0 ? sent : errno == EAGAIN ? 0 : -1
  }

  /// Taken out of epoll first: a child that is just being started holds a copy of every descriptor for a moment,
  /// and that would keep it there, with a pointer to memory that is gone.
  func closeDescriptor(_ endpoint: UnsafeMutablePointer<Endpoint>) {
    if endpoint.pointee.isRegistered { _ = epoll_ctl(epoll, EPOLL_CTL_DEL, endpoint.pointee.fd, nil) }
    _ = Glibc.close(endpoint.pointee.fd)
  }

  /// Without taking them. The end of a connection is none.
  func hasBytes(_ fd: Int32) -> Bool {
    var byte: UInt8 = 0
    return recv(fd, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
  }

  func endpoint(of client: ClientRef) -> UnsafeMutablePointer<Endpoint> {
    UnsafeMutableRawPointer(client).assumingMemoryBound(to: Endpoint.self)
  }

  func endpoint(of upstream: UpstreamRef) -> UnsafeMutablePointer<Endpoint> {
    UnsafeMutableRawPointer(upstream).assumingMemoryBound(to: Endpoint.self)
  }
}
