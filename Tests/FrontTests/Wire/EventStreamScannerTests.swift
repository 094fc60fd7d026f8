import Testing

@testable import Front

@Suite struct EventStreamScannerTests {
  private func ends(_ text: String, portion: Int) -> [Int] {
    var scanner = EventStreamScanner()
    var ends: [Int] = []
    return withMemory(Array(text.utf8)) { memory, count in
      var at = 0
      while at < count {
        let taken = scanner.advance(memory + at, min(portion, count - at), stopAtBoundary: true)
        #expect(taken > 0)
        at += taken
        if scanner.isAtBoundary { ends.append(at) }
      }
      return ends
    }
  }

  @Test(arguments: [
    ("data: a\n\n", [9]), ("data: a\r\n\r\n", [11]), ("data: a\r\r", [9]),
    ("data: a\ndata: b\n\ndata: c\n", [17]),
    ("id: 1\r\ndata: a\r\n\r\ndata: b\r\n\r\nx", [18, 29]), (": ping\n\n: ping\n\n", [8, 16]),
    ("data: a\n\r\n", [10]), ("data: a\r\n\n", [10]), ("a\rb\r\r", [5]), ("a\rb\nc\r\n\r\n", [9]),
    ("\u{feff}data: a long line that is more than eight bytes\tlong\n\n", [57]), ("data: no end\n", []),
    ("data: a\r\n\rdata: b\n\n", [19]),
  ])
  func `an event ends with an empty line`(text: String, expected: [Int]) {
    for portion in [1, 2, 3, 5, 8, 100] { #expect(ends(text, portion: portion) == expected, "\(portion)") }
  }

  @Test func `before the first byte nothing has begun`() {
    #expect(EventStreamScanner().isAtBoundary)
  }

  @Test func `without stops it takes all and knows where it is`() {
    let text = "data: a\n\ndata: b\n"
    var scanner = EventStreamScanner()
    withMemory(Array(text.utf8)) { memory, count in
      #expect(scanner.advance(memory, count, stopAtBoundary: false) == count)
      #expect(!scanner.isAtBoundary)
      #expect(scanner.advance(memory + 8, 1, stopAtBoundary: false) == 1)
      #expect(scanner.isAtBoundary)
    }
  }
}
