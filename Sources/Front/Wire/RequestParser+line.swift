extension RequestParser {
  /// The request line and the empty lines before it (RFC 9112 2.2); where they end, or nil if they have not.
  mutating func readLine(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws(Refusal) -> Int? {
    var start = 0
    while start < count, bytes[start] == Byte.carriageReturn {
      guard start + 1 < count else { return nil }
      guard bytes[start + 1] == Byte.lineFeed, start < 2 * Self.maximumEmptyLines else {
        throw Refusal(status: 400, reason: "No request line.")
      }
      start += 2
    }
    let longest = start + requestLine + 2
    let end = min(count, longest)
    if let next = try readLine(bytes, from: start, to: end) { return next }
    guard count < longest else { throw Refusal(status: 414, reason: "The request line is too long.") }
    return nil
  }

  @inline(__always)
  private mutating func readLine(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int
  ) throws(Refusal) -> Int? {
    let classes = fields.classes
    let nameEnd = classes.end(of: ByteClasses.token, bytes, from: start, to: end)
    guard nameEnd < end else { return nil }
    guard nameEnd > start, bytes[nameEnd] == Byte.space else {
      throw Refusal(status: 400, reason: "The request line begins with no method.")
    }
    let targetStart = nameEnd &+ 1
    let pathEnd = classes.end(of: ByteClasses.path, bytes, from: targetStart, to: end)
    let targetEnd = classes.end(of: ByteClasses.target, bytes, from: pathEnd, to: end)
    guard targetEnd < end else { return nil }
    guard targetEnd > targetStart, bytes[targetEnd] == Byte.space else {
      throw Refusal(status: 400, reason: "No target, or a character that no target may have.")
    }
    guard let next = try readVersion(bytes, from: targetEnd &+ 1, to: end) else { return nil }
    head.method = Method(bytes + start, nameEnd &- start)
    head.methodName = ByteRange(start: start, count: nameEnd &- start)
    head.target = ByteRange(start: targetStart, count: targetEnd &- targetStart)
    head.path = ByteRange(start: targetStart, count: pathEnd &- targetStart)
    if head.method == .other || head.method == .connect { try checkMethod(bytes) }
    if bytes[targetStart] != Byte.slash { try readOtherForm(bytes) }
    return next
  }

  @inline(__always)
  private mutating func readVersion(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int
  ) throws(Refusal) -> Int? {
    let version: StaticString = "HTTP/1."
    guard end &- start >= 10 else {
      // As much as there is of it must be right, or it may never end.
      for at in start..<end where at &- start < 5 && bytes[at] != version.utf8Start[at &- start] {
        throw Refusal(status: 400, reason: "The request line does not end in a version of HTTP.")
      }
      for at in start..<end where bytes[at] == Byte.lineFeed {
        throw Refusal(status: 400, reason: "The request line does not end in a version of HTTP.")
      }
      return nil
    }
    let minor = bytes[start &+ 7] &- Byte.zero
    guard same(bytes + start, version), minor < 2 else {
      let major = bytes[start &+ 5] &- Byte.zero
      let isVersion =
        same(bytes + start, "HTTP/") && major < 10 && bytes[start &+ 6] == UInt8(ascii: ".") && minor < 10
        && bytes[start &+ 8] == Byte.carriageReturn && bytes[start &+ 9] == Byte.lineFeed
      throw isVersion
        ? Refusal(status: 505, reason: "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
        : Refusal(status: 400, reason: "The request line does not end in a version of HTTP.")
    }
    guard bytes[start &+ 8] == Byte.carriageReturn, bytes[start &+ 9] == Byte.lineFeed else {
      throw Refusal(status: 400, reason: "The request line does not end behind its version.")
    }
    head.minorVersion = minor
    return start &+ 10
  }

  private func checkMethod(_ bytes: UnsafePointer<UInt8>) throws(Refusal) {
    if head.method == .connect { throw Refusal(status: 501, reason: "This is no proxy for CONNECT.") }
    // An app that takes `head` for HEAD answers without the body that its headers promise.
    if sameText(bytes, head.methodName, "head") || sameText(bytes, head.methodName, "connect") {
      throw Refusal(status: 400, reason: "Methods are written in capitals.")
    }
  }

  /// RFC 9112 3.2.2 and 3.2.4. A proxy before this one may end TLS and hand an `https` URI on as it is.
  private mutating func readOtherForm(_ bytes: UnsafePointer<UInt8>) throws(Refusal) {
    let target = head.target
    if target.count == 1, bytes[target.start] == Byte.asterisk, head.method == .options { return }
    let scheme: Int
    if target.count > 7, sameText(bytes, ByteRange(start: target.start, count: 7), "http://") {
      scheme = 7
    } else if target.count > 8, sameText(bytes, ByteRange(start: target.start, count: 8), "https://") {
      scheme = 8
    } else {
      throw Refusal(status: 400, reason: "A target that is neither a path nor an address of HTTP.")
    }
    let start = target.start + scheme
    var end = start
    while end < target.end, bytes[end] != Byte.slash, bytes[end] != Byte.question { end += 1 }
    head.host = ByteRange(start: start, count: end - start)
    guard Authority.isValid(bytes, head.host, fields.classes) else {
      throw Refusal(status: 400, reason: "No valid host in the target.")
    }
    head.isAbsolute = true
    head.target = ByteRange(start: end, count: target.end - end)
    if end < target.end, bytes[end] == Byte.slash {
      // The path had been measured up to the question mark already.
      head.path = ByteRange(start: end, count: head.path.end - end)
    } else if end == target.end, head.method == .options {
      head.targetPrefix = Byte.asterisk
      head.path = ByteRange(start: end, count: 0)
    } else {
      head.targetPrefix = Byte.slash
      // One of the two before the host.
      head.path = ByteRange(start: start - 1, count: 1)
    }
  }
}
