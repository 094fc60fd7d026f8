#if canImport(Front)
  @testable import Front
#endif

extension WireInvariants {
  static func chunks(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ random: inout Splits) -> String? {
    var whole = ChunkScanner()
    var content: UInt64 = 0
    let result = whole.scan(bytes, count) { data, length in
      for at in 0..<length { content = content &* 31 &+ UInt64(data[at]) &+ 1 }
    }
    var portioned = ChunkScanner()
    var portionedContent: UInt64 = 0
    var at = 0
    var state = ChunkScanner.State.more
    for end in random.ends(count) where state == .more {
      let portion = portioned.scan(bytes + at, end - at) { data, length in
        for at in 0..<length { portionedContent = portionedContent &* 31 &+ UInt64(data[at]) &+ 1 }
      }
      at += portion.consumed
      state = portion.state
      guard state != .more || at == end else { return "chunks that are left over" }
    }
    guard state == result.state, at == result.consumed, content == portionedContent else {
      return "chunks that are others in portions"
    }
    return nil
  }

  static func frames(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ random: inout Splits) -> String? {
    var stopping = FrameScanner()
    var stops: UInt64 = 0
    var at = 0
    while at < count {
      let taken = stopping.advance(bytes + at, count - at, stopAtBoundary: true)
      guard taken > 0, taken <= count - at else { return "frames that do not go on" }
      at += taken
      if stopping.isAtBoundary {
        stops = stops &* 31 &+ UInt64(at)
      } else if at < count {
        return "a stop in a frame"
      }
    }
    var bytewise = FrameScanner()
    var bytewiseStops: UInt64 = 0
    for at in 0..<count {
      _ = bytewise.advance(bytes + at, 1, stopAtBoundary: false)
      if bytewise.isAtBoundary { bytewiseStops = bytewiseStops &* 31 &+ UInt64(at + 1) }
    }
    return stops == bytewiseStops ? nil : "frames that are others in portions"
  }

  static func events(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ random: inout Splits) -> String? {
    var stopping = EventStreamScanner()
    var stops: UInt64 = 0
    var at = 0
    while at < count {
      let taken = stopping.advance(bytes + at, count - at, stopAtBoundary: true)
      guard taken > 0, taken <= count - at else { return "events that do not go on" }
      at += taken
      if stopping.isAtBoundary {
        stops = stops &* 31 &+ UInt64(at)
      } else if at < count {
        return "a stop in an event"
      }
    }
    var bytewise = EventStreamScanner()
    var bytewiseStops: UInt64 = 0
    for at in 0..<count {
      _ = bytewise.advance(bytes + at, 1, stopAtBoundary: false)
      if bytewise.isAtBoundary { bytewiseStops = bytewiseStops &* 31 &+ UInt64(at + 1) }
    }
    return stops == bytewiseStops ? nil : "events that are others in portions"
  }
}
