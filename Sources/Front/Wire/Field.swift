/// The fields that mean something to the front.
enum Field: UInt32 {
  case plain
  /// Named by the message's own Connection field, and so for one connection only.
  case named
  case connection
  /// For one connection only, whether Connection names it or not.
  case hop
  case upgrade
  case host, contentLength, transferEncoding, expect
  case forwardedFor, forwardedProto, forwardedHost
  /// What else somebody may believe to be the client's address.
  case forwardedOther
  case requestID
  case contentType, contentEncoding
  case cookie

  var bit: UInt32 { 1 &<< rawValue }

  /// `name` is a token.
  @inline(__always)
  init(_ name: UnsafePointer<UInt8>, _ count: Int) {
    self = .plain
    switch count {
    case 2:
      if sameToken(name, "te") { self = .hop }
    case 4:
      if sameToken(name, "host") { self = .host }
    case 6:
      if sameToken(name, "expect") {
        self = .expect
      } else if sameToken(name, "cookie") {
        self = .cookie
      }
    case 7:
      if sameToken(name, "upgrade") { self = .upgrade }
    case 9:
      if sameToken(name, "forwarded") || sameToken(name, "x-real-ip") { self = .forwardedOther }
    case 10:
      if sameToken(name, "connection") {
        self = .connection
      } else if sameToken(name, "keep-alive") {
        self = .hop
      }
    case 12:
      if sameToken(name, "content-type") {
        self = .contentType
      } else if sameToken(name, "x-request-id") {
        self = .requestID
      } else if sameToken(name, "x-forwarded-") {
        self = .forwardedOther
      }
    case 14:
      if sameToken(name, "content-length") {
        self = .contentLength
      } else {
        self = Self.forwarded(name, count)
      }
    case 16:
      if sameToken(name, "proxy-connection") {
        self = .hop
      } else if sameToken(name, "content-encoding") {
        self = .contentEncoding
      } else {
        self = Self.forwarded(name, count)
      }
    case 17:
      if sameToken(name, "transfer-encoding") {
        self = .transferEncoding
      } else {
        self = Self.forwarded(name, count)
      }
    case 13...: self = Self.forwarded(name, count)
    default: break
    }
  }

  @inline(__always)
  private static func forwarded(_ name: UnsafePointer<UInt8>, _ count: Int) -> Field {
    guard sameToken(name, "x-forwarded-") else { return .plain }
    let rest = name + 12
    switch count {
    case 15 where sameToken(rest, "for"): return .forwardedFor
    case 16 where sameToken(rest, "host"): return .forwardedHost
    case 17 where sameToken(rest, "proto"): return .forwardedProto
    default: return .forwardedOther
    }
  }
}
