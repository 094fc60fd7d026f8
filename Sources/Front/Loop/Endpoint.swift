/// What a pointer in epoll's data leads to: the first field of everything that is registered there.
struct Endpoint {
  enum Role: UInt8 { case mailbox, listener, client, upstream }

  let role: Role
  /// There may be more to read: edge-triggered, so this is where it is remembered.
  var isReadable = false
  /// The other side has said that it sends no more.
  var isPeerClosed = false
  /// Its descriptor is closed; the memory goes at the end of the turn, since events in hand may still point to it.
  var isClosed = false
  var isRegistered = false
  /// The last write was taken in part: read less at a time, for what is left over has to be kept.
  var isSlow = false
  var fd: Int32
  var out = Buffer()

  init(_ role: Role, _ fd: Int32) {
    self.role = role
    self.fd = fd
  }
}

typealias ClientRef = UnsafeMutablePointer<Client>
typealias UpstreamRef = UnsafeMutablePointer<Upstream>
typealias BackendRef = UnsafeMutablePointer<Backend>
typealias SiteRef = UnsafeMutablePointer<SiteState>
