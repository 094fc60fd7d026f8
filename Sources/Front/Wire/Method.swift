enum Method: UInt8 {
  case get, head, options, trace, put, delete, post, patch, connect, other

  /// RFC 9110 9.2.2: doing it twice is doing it once.
  var isIdempotent: Bool { rawValue <= Method.delete.rawValue }

  @inline(__always)
  init(_ name: UnsafePointer<UInt8>, _ count: Int) {
    self = .other
    switch count {
    case 3:
      if same(name, "GET") { self = .get } else if same(name, "PUT") { self = .put }
    case 4:
      if same(name, "POST") { self = .post } else if same(name, "HEAD") { self = .head }
    case 5:
      if same(name, "PATCH") { self = .patch } else if same(name, "TRACE") { self = .trace }
    case 6:
      if same(name, "DELETE") { self = .delete }
    case 7:
      if same(name, "OPTIONS") { self = .options } else if same(name, "CONNECT") { self = .connect }
    default: break
    }
  }
}
