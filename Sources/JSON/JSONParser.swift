/// RFC 8259, strictly, in one pass and without recursion: a hostile text cannot exhaust the stack.
struct JSONParser {
  private let maximumDepth: Int
  private var tape: [JSONDocument.Entry] = []
  private var open: [Int] = []
  private var position = 0

  init(maximumDepth: Int) { self.maximumDepth = maximumDepth }

  mutating func parse(_ bytes: [UInt8]) throws(JSONError) -> [JSONDocument.Entry] {
    tape.reserveCapacity(bytes.count / 12 + 4)
    // So that offsets fit the tape's 32 bits; nobody has a text of that size for us.
    guard bytes.count < 1 << 30 else { throw JSONError(offset: 0, reason: "the text is too long") }
    guard (try? UTF8Span(validating: bytes.span)) != nil else {
      throw JSONError(offset: 0, reason: "the text is not UTF-8")
    }
    // As a Result: this compiler (6.3.1) crashes on a throwing closure with a typed error here.
    let result: Result<Void, JSONError> = bytes.withUnsafeBytes { raw in
      do throws(JSONError) {
        return .success(try parse(raw))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
    return tape
  }

  private enum Expectation { case value, valueOrEnd, key, keyOrEnd, commaOrEnd }

  private mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
    var expected = Expectation.value
    while true {
      skipSpace(bytes)
      guard position < bytes.count else { throw failure("it ends too early") }
      let byte = bytes[position]
      switch expected {
      case .valueOrEnd where byte == UInt8(ascii: "]"), .keyOrEnd where byte == UInt8(ascii: "}"):
        position += 1
        close()
      case .value, .valueOrEnd:
        if try startsContainer(byte) {
          expected = byte == UInt8(ascii: "{") ? .keyOrEnd : .valueOrEnd
          continue
        }
        try scalar(bytes, byte)
      case .key, .keyOrEnd:
        guard byte == UInt8(ascii: "\"") else { throw failure("a member's name in quotes is missing") }
        try string(bytes)
        skipSpace(bytes)
        guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else {
          throw failure("a colon is missing")
        }
        position += 1
        expected = .value
        continue
      case .commaOrEnd:
        let inObject = open.last.map { tape[$0].kind == .object } ?? false
        position += 1
        switch byte {
        case UInt8(ascii: ","):
          expected = inObject ? .key : .value
          continue
        case UInt8(ascii: "}") where inObject, UInt8(ascii: "]") where !inObject:
          close()
        default:
          position -= 1
          throw failure("a comma or the end of the list is missing")
        }
      }
      if open.isEmpty { break }
      expected = .commaOrEnd
    }
    skipSpace(bytes)
    if position != bytes.count { throw failure("something follows the value") }
  }

  private mutating func startsContainer(_ byte: UInt8) throws(JSONError) -> Bool {
    guard byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") else { return false }
    guard open.count < maximumDepth else { throw failure("it is nested too deeply") }
    open.append(tape.count)
    append(byte == UInt8(ascii: "{") ? .object : .array, from: position, to: position)
    position += 1
    return true
  }

  private mutating func close() {
    guard let index = open.popLast() else { return }
    tape[index].end = UInt32(position)
    tape[index].next = UInt32(tape.count)
  }

  private mutating func scalar(_ bytes: UnsafeRawBufferPointer, _ byte: UInt8) throws(JSONError) {
    switch byte {
    case UInt8(ascii: "\""): try string(bytes)
    case UInt8(ascii: "t"): try word("true", .bool, bytes)
    case UInt8(ascii: "f"): try word("false", .bool, bytes)
    case UInt8(ascii: "n"): try word("null", .null, bytes)
    default: try number(bytes)
    }
  }

  private mutating func word(_ text: StaticString, _ kind: JSONNode.Kind, _ bytes: UnsafeRawBufferPointer)
    throws(JSONError)
  {
    let end = position + text.utf8CodeUnitCount
    guard end <= bytes.count,
      bytes[position..<end].elementsEqual(
        UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    else { throw failure("a value is missing") }
    append(kind, from: position, to: end)
    position = end
  }

  private mutating func string(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
    let start = position + 1
    var escaped = false
    var cursor = start
    while cursor < bytes.count {
      // Eight plain bytes at a time.
      while cursor + 8 <= bytes.count,
        Self.isPlain(bytes.loadUnaligned(fromByteOffset: cursor, as: UInt64.self))
      {
        cursor += 8
      }
      guard cursor < bytes.count else { break }
      let byte = bytes[cursor]
      if byte == UInt8(ascii: "\"") {
        append(.string, from: start, to: cursor, escaped: escaped)
        position = cursor + 1
        return
      }
      if byte < 0x20 {
        position = cursor
        throw failure("a control character in a string")
      }
      if byte == UInt8(ascii: "\\") {
        escaped = true
        guard let length = JSONEscapes.length(bytes, at: cursor) else {
          position = cursor
          throw failure("an escape that does not exist")
        }
        cursor += length
      } else {
        cursor += 1
      }
    }
    throw failure("a string does not end")
  }

  /// Whether none of the eight is a quote, a backslash or a control character.
  private static func isPlain(_ word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quotes = word ^ (ones &* 0x22)
    let slashes = word ^ (ones &* 0x5c)
    let found =
      (quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes | (word &- ones &* 0x20) & ~word
    return found & (ones &* 0x80) == 0
  }

  private mutating func number(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
    let start = position
    var cursor = position
    func digits() -> Int {
      let first = cursor
      while cursor < bytes.count, bytes[cursor] &- 48 < 10 { cursor += 1 }
      return cursor - first
    }
    func take(_ options: UInt8...) -> Bool {
      guard cursor < bytes.count, options.contains(bytes[cursor]) else { return false }
      cursor += 1
      return true
    }
    _ = take(UInt8(ascii: "-"))
    let leading = cursor
    let whole = digits()
    guard whole > 0 else { throw failure("a value is missing") }
    guard whole == 1 || bytes[leading] != UInt8(ascii: "0") else { throw failure("a number begins with 0") }
    if take(UInt8(ascii: ".")), digits() == 0 { throw failure("a number ends in its point") }
    if take(UInt8(ascii: "e"), UInt8(ascii: "E")) {
      _ = take(UInt8(ascii: "+"), UInt8(ascii: "-"))
      if digits() == 0 { throw failure("a number has no exponent") }
    }
    append(.number, from: start, to: cursor)
    position = cursor
  }

  private mutating func append(_ kind: JSONNode.Kind, from start: Int, to end: Int, escaped: Bool = false) {
    tape.append(
      JSONDocument.Entry(
        start: UInt32(start), end: UInt32(end), next: UInt32(tape.count + 1), kind: kind, escaped: escaped))
  }

  private mutating func skipSpace(_ bytes: UnsafeRawBufferPointer) {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0a, 0x0d, 0x09: position += 1
      default: return
      }
    }
  }

  private func failure(_ reason: String) -> JSONError { JSONError(offset: position, reason: reason) }
}
