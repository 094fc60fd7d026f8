struct RequestLine {
  let method: String
  let path: String
  let query: String?
  let isHTTP10: Bool

  init(_ line: ArraySlice<UInt8>) throws(HTTPFailure) {
    let parts = line.split(separator: ASCII.space, maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw .malformed("The request line is not METHOD TARGET VERSION.") }
    let (method, target, version) = (parts[0], parts[1], parts[2])
    guard !method.isEmpty, method.count <= 32, method.allSatisfy(ASCII.isToken) else {
      throw .malformed("The request line has no valid method.")
    }
    self.method = String(decoding: method, as: UTF8.self)
    isHTTP10 = try Self.isHTTP10(version)
    let origin = try Self.originForm(target, method: self.method)
    if let mark = origin.firstIndex(of: UInt8(ascii: "?")) {
      path = String(decoding: origin[..<mark], as: UTF8.self)
      query = String(decoding: origin[(mark + 1)...], as: UTF8.self)
    } else {
      path = String(decoding: origin, as: UTF8.self)
      query = nil
    }
  }

  private static func isHTTP10(_ version: ArraySlice<UInt8>) throws(HTTPFailure) -> Bool {
    if version.elementsEqual("HTTP/1.1".utf8) { return false }
    if version.elementsEqual("HTTP/1.0".utf8) { return true }
    let digits = version.dropFirst(5)
    guard version.starts(with: "HTTP/".utf8), let first = digits.first, ASCII.isDigit(first),
      digits.allSatisfy({ ASCII.isDigit($0) || $0 == UInt8(ascii: ".") })
    else { throw .malformed("The request line has no valid HTTP version.") }
    throw HTTPFailure(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
  }

  /// The part from the first slash on; servers must take the absolute form too (RFC 9112, 3.2.2).
  private static func originForm(_ target: ArraySlice<UInt8>, method: String) throws(HTTPFailure)
    -> ArraySlice<UInt8>
  {
    guard target.allSatisfy({ ASCII.isVisible($0) && $0 != UInt8(ascii: "#") }) else {
      throw .malformed("The request's target contains a character that must be percent-encoded.")
    }
    if target.first == UInt8(ascii: "/") { return target }
    if target.elementsEqual("*".utf8), method == "OPTIONS" { return target }
    for scheme in ["http://", "https://"] where target.prefix(scheme.utf8.count).equalsIgnoringCase(scheme) {
      let rest = target.dropFirst(scheme.utf8.count)
      let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
      let origin = rest.dropFirst(authority.count)
      if !authority.isEmpty, origin.first == UInt8(ascii: "/") { return origin }
      if !authority.isEmpty, origin.isEmpty { return [UInt8(ascii: "/")] }
    }
    throw .malformed("The request's target is not a path that begins with a slash.")
  }
}
