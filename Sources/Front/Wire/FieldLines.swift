struct FieldLine {
  var start: UInt32
  var nameEnd: UInt32
  var valueStart: UInt32
  var valueEnd: UInt32
  /// Behind its CRLF.
  var end: UInt32
  var field: Field

  var name: ByteRange { ByteRange(start: Int(start), count: Int(nameEnd) - Int(start)) }
  /// Without the blanks around it.
  var value: ByteRange { ByteRange(start: Int(valueStart), count: Int(valueEnd) - Int(valueStart)) }
}

/// The field lines of one head. One table for all heads of a loop, so that none of them allocates.
struct FieldLines {
  static let maximumOptions = 64

  let classes = ByteClasses()
  let lines: UnsafeMutablePointer<FieldLine>
  let capacity: Int
  private(set) var count = 0
  /// Where the first line begins.
  private(set) var start = 0
  /// Which fields are there, a bit for each.
  private(set) var present: UInt32 = 0
  /// The fields that Connection names.
  private let options: UnsafeMutablePointer<ByteRange>
  private var optionCount = 0
  private(set) var saysClose = false
  private(set) var saysKeepAlive = false
  private(set) var saysUpgrade = false

  init(capacity: Int) {
    self.capacity = max(capacity, 1)
    lines = .allocate(capacity: self.capacity)
    options = .allocate(capacity: Self.maximumOptions)
  }

  func deallocate() {
    classes.deallocate()
    lines.deallocate()
    options.deallocate()
  }

  func has(_ field: Field) -> Bool { present & field.bit != 0 }

  /// Reads from `start` up to the empty line; where that ends, or nil if it has not come.
  mutating func read(_ bytes: UnsafePointer<UInt8>, _ limit: Int, from start: Int) throws(Refusal) -> Int? {
    count = 0
    self.start = start
    present = 0
    optionCount = 0
    saysClose = false
    saysKeepAlive = false
    saysUpgrade = false
    var at = start
    while at < limit {
      if bytes[at] == Byte.carriageReturn {
        guard at + 1 < limit else { return nil }
        guard bytes[at + 1] == Byte.lineFeed else {
          throw Refusal(status: 400, reason: "A carriage return without a line feed.")
        }
        return at + 2
      }
      guard var line = try line(bytes, limit, at: at) else { return nil }
      guard count < capacity else { throw Refusal(status: 431, reason: "Too many header fields.") }
      line.field = Field(bytes + at, Int(line.nameEnd) &- at)
      present |= line.field.bit
      lines[count] = line
      count &+= 1
      at = Int(line.end)
    }
    return nil
  }

  /// One line that is not empty, taken apart but not looked up; nil if its end has not come.
  @inline(__always)
  func line(_ bytes: UnsafePointer<UInt8>, _ limit: Int, at start: Int) throws(Refusal) -> FieldLine? {
    let nameEnd = classes.end(of: ByteClasses.token, bytes, from: start, to: limit)
    guard nameEnd < limit else { return nil }
    guard nameEnd > start, bytes[nameEnd] == Byte.colon else {
      throw Refusal(status: 400, reason: Self.complaint(bytes[nameEnd], first: nameEnd == start))
    }
    var valueStart = nameEnd &+ 1
    while valueStart < limit, isBlank(bytes[valueStart]) { valueStart &+= 1 }
    let end = endOfText(bytes, from: valueStart, to: limit)
    guard end < limit else { return nil }
    guard bytes[end] == Byte.carriageReturn else {
      throw Refusal(
        status: 400,
        reason: bytes[end] == Byte.lineFeed
          ? "A line feed without a carriage return." : "A control character in a header field.")
    }
    guard end &+ 1 < limit else { return nil }
    guard bytes[end &+ 1] == Byte.lineFeed else {
      throw Refusal(status: 400, reason: "A carriage return without a line feed.")
    }
    var valueEnd = end
    while valueEnd > valueStart, isBlank(bytes[valueEnd &- 1]) { valueEnd &-= 1 }
    return FieldLine(
      start: UInt32(truncatingIfNeeded: start), nameEnd: UInt32(truncatingIfNeeded: nameEnd),
      valueStart: UInt32(truncatingIfNeeded: valueStart), valueEnd: UInt32(truncatingIfNeeded: valueEnd),
      end: UInt32(truncatingIfNeeded: end &+ 2), field: .plain)
  }

  private static func complaint(_ byte: UInt8, first: Bool) -> StaticString {
    switch byte {
    case Byte.lineFeed: "A line feed without a carriage return."
    case Byte.carriageReturn: "A header field without a colon."
    case Byte.space, Byte.tab:
      first ? "A folded header field." : "A space before the colon of a header field."
    case Byte.colon: "A header field without a name."
    default: "A character that no name of a header field may have."
    }
  }
}

extension FieldLines {
  /// Takes in one line of Connection; `markNamed` acts on what it names.
  mutating func readConnection(_ bytes: UnsafePointer<UInt8>, _ value: ByteRange) throws(Refusal) {
    var elements = ListElements(value)
    while let element = elements.next(bytes) {
      if sameText(bytes, element, "close") {
        saysClose = true
      } else if sameText(bytes, element, "keep-alive") {
        saysKeepAlive = true
      } else if sameText(bytes, element, "upgrade") {
        saysUpgrade = true
      } else if element.count > 0 {
        guard optionCount < Self.maximumOptions else {
          throw Refusal(status: 400, reason: "Too many options in Connection.")
        }
        options[optionCount] = element
        optionCount += 1
      }
    }
  }

  /// What frames, routes or types the message, or says who sent it, stays whatever Connection names.
  mutating func markNamed(_ bytes: UnsafePointer<UInt8>) {
    guard optionCount > 0 else { return }
    for line in 0..<count where lines[line].field == .plain || lines[line].field == .cookie {
      for option in 0..<optionCount where sameText(bytes, lines[line].name, options[option]) {
        lines[line].field = .named
        present |= Field.named.bit
        break
      }
    }
  }
}

/// The elements of a list (RFC 9110 5.6.1) without the blanks around them, empty ones too.
struct ListElements {
  private var at: Int
  private let end: Int

  init(_ value: ByteRange) {
    at = value.start
    end = value.end
  }

  mutating func next(_ bytes: UnsafePointer<UInt8>) -> ByteRange? {
    guard at <= end else { return nil }
    var stop = at
    while stop < end, bytes[stop] != Byte.comma { stop += 1 }
    var first = at
    var last = stop
    at = stop + 1
    while first < last, isBlank(bytes[first]) { first += 1 }
    while last > first, isBlank(bytes[last - 1]) { last -= 1 }
    return ByteRange(start: first, count: last - first)
  }
}
