/// Reads heads of requests, and refuses whatever could be read in two ways. One for all connections of a loop:
/// `head`, and what `write` does, are about the bytes that were parsed last.
struct RequestParser {
  static let maximumEmptyLines = 4

  /// After a refusal too, as far as it had been read: without a method name if the request line was refused.
  var head = RequestHead()
  var fields: FieldLines
  let requestLine: Int
  private let limit: Int

  init(limits: FrontLimits) {
    // Offsets of lines are kept in 32 bits.
    limit = min(max(limits.head, 64), 1 << 30)
    requestLine = min(max(limits.requestLine, 32), limit)
    fields = FieldLines(capacity: limits.headers)
  }

  func deallocate() { fields.deallocate() }

  /// `scanned`: 0 at first, then what `.incomplete` said about fewer of the same bytes.
  mutating func parse(_ bytes: UnsafePointer<UInt8>, _ count: Int, scanned: Int) -> HeadResult {
    let end = min(count, limit)
    if scanned > 0, end < limit, !isLongLine(end, scanned),
      !fields.isWorthReading(bytes, end, from: scanned, firstLine: 2 * Self.maximumEmptyLines)
    {
      return .incomplete(scanned: count)
    }
    do {
      if try read(bytes, end) { return .complete }
    } catch {
      return .refused(error)
    }
    guard count < limit else { return .refused(Refusal(status: 431, reason: "The head is too long.")) }
    return .incomplete(scanned: count)
  }

  /// Whether the request line may just have become too long.
  private func isLongLine(_ end: Int, _ scanned: Int) -> Bool {
    let longest = requestLine + 2
    return end >= longest && scanned <= longest + 2 * Self.maximumEmptyLines
  }

  private mutating func read(_ bytes: UnsafePointer<UInt8>, _ end: Int) throws(Refusal) -> Bool {
    head = RequestHead()
    guard let line = try readLine(bytes, end),
      let length = try fields.read(bytes, end, from: line)
    else { return false }
    head.length = length
    try readFields(bytes)
    return true
  }
}
