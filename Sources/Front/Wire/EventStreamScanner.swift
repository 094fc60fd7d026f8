/// Follows a text/event-stream as far as is needed to know where its events end.
struct EventStreamScanner {
  /// What came last. A lone CR ends a line too, but whether it is one shows only later: where lines end in LF or
  /// CRLF, a CR is taken for half of a CRLF.
  private enum Last: UInt8 { case boundary, text, carriageReturn, lineFeed, halfEmptyLine }

  private var last = Last.boundary

  /// Right behind an empty line, or before the first byte.
  var isAtBoundary: Bool { last == .boundary }

  /// How many of the bytes it has taken: all, or with `stopAtBoundary` at most those up to the next end of an event.
  mutating func advance(_ bytes: UnsafePointer<UInt8>, _ count: Int, stopAtBoundary: Bool) -> Int {
    var at = 0
    while at < count {
      if last == .text {
        at = Self.endOfLine(bytes, from: at, to: count)
        if at == count { return at }
      }
      last = Self.after(last, bytes[at])
      at &+= 1
      if stopAtBoundary, last == .boundary { return at }
    }
    return at
  }

  private static func after(_ last: Last, _ byte: UInt8) -> Last {
    switch (last, byte) {
    case (.boundary, Byte.lineFeed), (.boundary, Byte.carriageReturn): .boundary
    case (.text, Byte.carriageReturn): .carriageReturn
    case (.text, Byte.lineFeed), (.carriageReturn, Byte.lineFeed): .lineFeed
    case (.carriageReturn, Byte.carriageReturn): .boundary
    case (.lineFeed, Byte.lineFeed): .boundary
    case (.lineFeed, Byte.carriageReturn): .halfEmptyLine
    case (.halfEmptyLine, Byte.lineFeed), (.halfEmptyLine, Byte.carriageReturn): .boundary
    default: .text
    }
  }

  /// The first CR or LF, or one of the few control characters below them. Eight bytes at a time.
  private static func endOfLine(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var at = start
    while at &+ 8 <= end {
      let word = UnsafeRawPointer(bytes + at).loadUnaligned(as: UInt64.self)
      if (word &- (ones &* 0x0e)) & ~word & (ones &* 0x80) != 0 { break }
      at &+= 8
    }
    while at < end, bytes[at] != Byte.lineFeed, bytes[at] != Byte.carriageReturn { at &+= 1 }
    return at
  }
}
