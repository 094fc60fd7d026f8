/// Reads heads of the app's responses, as strictly as a client's requests: every refusal is a 502.
struct ResponseParser {
  var head = ResponseHead()
  var fields: FieldLines
  /// Behind `HTTP/1.1 `: the status and its reason, up to the end of the line.
  var status = ByteRange()
  private let limit: Int

  init(limits: FrontLimits) {
    limit = min(max(limits.head, 64), 1 << 30)
    fields = FieldLines(capacity: limits.headers)
  }

  func deallocate() { fields.deallocate() }

  /// `scanned`: 0 at first, then what `.incomplete` said about fewer of the same bytes.
  mutating func parse(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, scanned: Int, to method: Method
  ) -> HeadResult {
    let end = min(count, limit)
    if scanned > 0, end < limit, !fields.isWorthReading(bytes, end, from: scanned, firstLine: 0) {
      return .incomplete(scanned: count)
    }
    do {
      if try read(bytes, end, to: method) { return .complete }
    } catch {
      return .refused(Refusal(status: 502, reason: error.reason))
    }
    guard count < limit else { return .refused(Refusal(status: 502, reason: "The head is too long.")) }
    return .incomplete(scanned: count)
  }

  private mutating func read(
    _ bytes: UnsafePointer<UInt8>, _ end: Int, to method: Method
  ) throws(Refusal) -> Bool {
    head = ResponseHead()
    guard let line = try readLine(bytes, end), let length = try fields.read(bytes, end, from: line) else {
      return false
    }
    head.length = length
    try readFields(bytes, to: method)
    return true
  }

  /// `HTTP/1.1 200 OK`, where the reason and the space before it may be left out.
  private mutating func readLine(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws(Refusal) -> Int? {
    let version: StaticString = "HTTP/1."
    let bad = Refusal(status: 502, reason: "No status line.")
    for at in 0..<min(count, 7) where bytes[at] != version.utf8Start[at] { throw bad }
    if count > 7, bytes[7] &- Byte.zero > 1 { throw bad }
    if count > 8, bytes[8] != Byte.space { throw bad }
    for at in 9..<max(9, min(count, 12)) where bytes[at] &- Byte.zero > 9 { throw bad }
    guard count > 12 else { return nil }
    guard bytes[12] == Byte.space || bytes[12] == Byte.carriageReturn else { throw bad }
    let end = endOfText(bytes, from: 12, to: count)
    guard end < count else { return nil }
    guard bytes[end] == Byte.carriageReturn else { throw bad }
    guard end + 1 < count else { return nil }
    guard bytes[end + 1] == Byte.lineFeed else { throw bad }
    var code: UInt16 = 0
    for at in 9..<12 { code = code &* 10 &+ UInt16(bytes[at] &- Byte.zero) }
    guard 100...599 ~= code else { throw bad }
    head.status = code
    head.minorVersion = bytes[7] &- Byte.zero
    status = ByteRange(start: 9, count: end - 9)
    return end + 2
  }
}
