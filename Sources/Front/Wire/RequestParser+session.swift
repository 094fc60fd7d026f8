import Glibc

/// A browser sends a cookie to every port of its host, so the session of whoever is logged in at the control port
/// comes with their visits to the apps. No app is to see it.
extension RequestParser {
  /// The same as `SessionCookie.name`, which this module cannot see.
  private static let session: StaticString = "bascule_session"

  @inline(__always)
  func holdsSession(_ bytes: UnsafePointer<UInt8>) -> Bool { fields.has(.cookie) && namesSession(bytes) }

  private func namesSession(_ bytes: UnsafePointer<UInt8>) -> Bool {
    for index in 0..<fields.count where fields.lines[index].field == .cookie {
      if namesSession(bytes, fields.lines[index].value) { return true }
    }
    return false
  }

  private func namesSession(_ bytes: UnsafePointer<UInt8>, _ value: ByteRange) -> Bool {
    var pieces = CookiePieces(value)
    while let piece = pieces.next(bytes) {
      if isSession(bytes, piece.withoutBlanks(bytes)) { return true }
    }
    return false
  }

  /// As `HeadWriter` does it, but without the session's pairs in Cookie.
  func writeWithoutSession(
    _ bytes: UnsafePointer<UInt8>, from start: Int, dropping dropped: UInt32, _ writer: inout HeadWriter
  ) {
    writer.append(bytes + start, fields.start &- start)
    for index in 0..<fields.count {
      let line = fields.lines[index]
      if dropped & line.field.bit != 0 { continue }
      if line.field == .cookie, namesSession(bytes, line.value) {
        write(cookies: line, bytes, &writer)
      } else {
        writer.append(bytes + Int(line.start), Int(line.end) &- Int(line.start))
      }
    }
  }

  /// A line of which nothing is left goes altogether.
  private func write(cookies line: FieldLine, _ bytes: UnsafePointer<UInt8>, _ writer: inout HeadWriter) {
    let valueStart = Int(line.valueStart)
    var isEmpty = true
    var pieces = CookiePieces(line.value)
    while let piece = pieces.next(bytes) {
      let pair = piece.withoutBlanks(bytes)
      if pair.count == 0 || isSession(bytes, pair) { continue }
      isEmpty = false
      break
    }
    if isEmpty { return }
    writer.append(bytes + Int(line.start), valueStart &- Int(line.start))
    var isFirst = true
    pieces = CookiePieces(line.value)
    while let piece = pieces.next(bytes) {
      let pair = piece.withoutBlanks(bytes)
      if isSession(bytes, pair) { continue }
      if isFirst {
        // The blanks before it are those behind a semicolon that has gone.
        writer.append(bytes + pair.start, piece.end &- pair.start)
        isFirst = false
      } else {
        writer.append(Byte.semicolon)
        writer.append(bytes, piece)
      }
    }
    writer.append(bytes + Int(line.valueEnd), Int(line.end) &- Int(line.valueEnd))
  }

  /// `pair` has no blanks around it. Some readers allow them before the equals sign, or no such sign.
  private func isSession(_ bytes: UnsafePointer<UInt8>, _ pair: ByteRange) -> Bool {
    let length = Self.session.utf8CodeUnitCount
    guard pair.count >= length, same(bytes + pair.start, Self.session) else { return false }
    var at = pair.start &+ length
    while at < pair.end, isBlank(bytes[at]) { at &+= 1 }
    return at == pair.end || bytes[at] == UInt8(ascii: "=")
  }
}

/// What is between the semicolons, with the blanks around it.
private struct CookiePieces {
  private var at: Int
  private let end: Int

  init(_ value: ByteRange) {
    at = value.start
    end = value.end
  }

  mutating func next(_ bytes: UnsafePointer<UInt8>) -> ByteRange? {
    guard at <= end else { return nil }
    let start = at
    let found = memchr(bytes + at, Int32(Byte.semicolon), end &- at)
    let stop = found.map { UnsafeRawPointer($0) - UnsafeRawPointer(bytes) } ?? end
    at = stop &+ 1
    return ByteRange(start: start, count: stop &- start)
  }
}

extension ByteRange {
  fileprivate func withoutBlanks(_ bytes: UnsafePointer<UInt8>) -> ByteRange {
    var first = start
    var last = end
    while first < last, isBlank(bytes[first]) { first &+= 1 }
    while last > first, isBlank(bytes[last &- 1]) { last &-= 1 }
    return ByteRange(start: first, count: last &- first)
  }
}
