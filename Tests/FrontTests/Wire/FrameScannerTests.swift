import Testing

@testable import Front

@Suite struct FrameScannerTests {
  private static func frame(_ first: UInt8, _ payload: Int, masked: Bool, form: Int? = nil) -> [UInt8] {
    let mask: UInt8 = masked ? 0x80 : 0
    let bytes = form ?? (payload < 126 ? 1 : payload < 65536 ? 2 : 8)
    var frame = [first, mask | UInt8(bytes == 1 ? payload : bytes == 2 ? 126 : 127)]
    if bytes > 1 {
      for shift in (0..<bytes).reversed() { frame.append(UInt8(truncatingIfNeeded: payload >> (shift * 8))) }
    }
    if masked { frame += [0x81, 0x7e, 0x7f, 0x00] }
    return frame + (0..<payload).map { UInt8(truncatingIfNeeded: $0) }
  }

  private static let frames: [[UInt8]] = [
    frame(0x81, 5, masked: false), frame(0x01, 0, masked: false), frame(0x89, 0, masked: true),
    frame(0x80, 125, masked: true), frame(0x82, 126, masked: false), frame(0x82, 127, masked: true),
    frame(0x82, 65535, masked: true), frame(0x82, 65536, masked: false), frame(0x82, 70000, masked: true),
    frame(0x82, 3, masked: true, form: 2), frame(0x82, 0, masked: false, form: 8),
    frame(0x88, 2, masked: false),
  ]

  @Test func `it stops at each end of a frame`() {
    let bytes = Self.frames.flatMap { $0 }
    var scanner = FrameScanner()
    #expect(scanner.isAtBoundary)
    withMemory(bytes) { memory, count in
      var at = 0
      for frame in Self.frames {
        let taken = scanner.advance(memory + at, count - at, stopAtBoundary: true)
        #expect(taken == frame.count)
        #expect(scanner.isAtBoundary)
        at += taken
      }
      #expect(at == count)
    }
  }

  @Test(arguments: [1, 2, 3, 7, 1000])
  func `it makes no difference in what portions they come`(portion: Int) {
    let bytes = Self.frames.flatMap { $0 }
    var ends: Set<Int> = [0]
    for frame in Self.frames { ends.insert((ends.max() ?? 0) + frame.count) }
    var scanner = FrameScanner()
    withMemory(bytes) { memory, count in
      for at in stride(from: 0, to: count, by: portion) {
        let length = min(portion, count - at)
        #expect(scanner.advance(memory + at, length, stopAtBoundary: false) == length)
        if scanner.isAtBoundary != ends.contains(at + length) { Issue.record("at \(at + length)") }
      }
    }
  }

  @Test func `with stops it comes byte by byte to the same ends`() {
    let bytes = Self.frames.prefix(6).flatMap { $0 }
    var scanner = FrameScanner()
    var ends: [Int] = []
    withMemory(bytes) { memory, count in
      for at in 0..<count {
        #expect(scanner.advance(memory + at, 1, stopAtBoundary: true) == 1)
        if scanner.isAtBoundary { ends.append(at + 1) }
      }
    }
    var expected: [Int] = []
    for frame in Self.frames.prefix(6) { expected.append((expected.last ?? 0) + frame.count) }
    #expect(ends == expected)
  }

  @Test func `a length beyond all bounds is no trap`() {
    var scanner = FrameScanner()
    withMemory([0x82, 0xff] + Array(repeating: 0xff, count: 1000)) { memory, count in
      #expect(scanner.advance(memory, count, stopAtBoundary: true) == count)
    }
    #expect(!scanner.isAtBoundary)
  }

  @Test func `the Close that is sent is one frame`() {
    let frame = FrameScanner.closeGoingAway
    var scanner = FrameScanner()
    withMemory(frame) { memory, count in
      #expect(scanner.advance(memory, count, stopAtBoundary: true) == count)
    }
    #expect(scanner.isAtBoundary)
    #expect(frame.suffix(2) == [0x03, 0xe9])
  }
}
