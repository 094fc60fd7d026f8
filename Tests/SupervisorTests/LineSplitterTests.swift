import Testing

@testable import Supervisor

@Suite struct LineSplitterTests {
  /// In one piece and byte by byte: the lines must be the same.
  private func lines(_ bytes: [UInt8], limit: Int = 8192) -> [String] {
    func split(by size: Int) -> [String] {
      var splitter = LineSplitter(limit: limit)
      var lines: [String] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes { chunk in
          splitter.feed(chunk) { lines.append($0) }
        }
      }
      splitter.finish { lines.append($0) }
      return lines
    }
    let whole = split(by: max(1, bytes.count))
    for size in [1, 2, 3, 7] { #expect(split(by: size) == whole) }
    return whole
  }

  @Test(arguments: [
    ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb\n", ["a", "b"]), ("a\n\nb", ["a", "", "b"]), ("\n", [""]),
    ("a\r\nb\r\n", ["a", "b"]), ("a\r\n\r\nb", ["a", "", "b"]), ("\r\n", [""]), ("a\r\r\n", ["a"]),
    ("10%\r20%\r100%\ndone\n", ["10%", "20%", "100%", "done"]), ("10%\r\r\r20%", ["10%", "20%"]),
  ])
  func `lines end as programs end them`(text: String, expected: [String]) {
    #expect(lines(Array(text.utf8)) == expected)
  }

  @Test(arguments: [
    ("\u{1b}[31mred\u{1b}[0m", "\u{1b}[31mred\u{1b}[0m"),
    ("\u{1b}[1;38;5;9mx\u{1b}[m", "\u{1b}[1;38;5;9mx\u{1b}[m"),
    ("a\u{1b}[2Kb\u{1b}[1Ac\u{1b}[?25ld", "abcd"), ("a\tb", "a\tb"), ("a\u{7}b\u{8}c\u{0}d\u{7f}", "abcd"),
    ("a\u{1b}", "a"), ("a\u{1b}[", "a"), ("a\u{1b}[31", "a"), ("a\u{1b}cb", "ab"),
    ("\u{1b}[\u{7}31mx", "31mx"),
    ("\u{1b}]0;title\u{7}x", "x"), ("\u{1b}]8;;http://a\u{1b}\\link\u{1b}]8;;\u{1b}\\.", "link."),
    ("\u{1b}(B\u{1b}[mx", "\u{1b}[mx"), ("\u{1b}éx", "éx"), ("a\u{85}b\u{9b}2Jc", "ab2Jc"),
    ("grüße 😀", "grüße 😀"),
  ])
  func `colours stay and whatever else would move a terminal goes`(text: String, kept: String) {
    #expect(lines(Array(text.utf8)) == [kept])
  }

  @Test func `what is not text becomes text`() {
    #expect(lines([0x61, 0xff, 0xfe, 0x62]) == ["a\u{fffd}\u{fffd}b"])
    let binary = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }
    for line in lines(binary) {
      #expect(!line.unicodeScalars.contains { $0.value < 0x20 && $0 != "\t" && $0 != "\u{1b}" })
    }
  }

  @Test func `a line that is too long is cut, and says so`() {
    let long = [UInt8](repeating: 0x78, count: 100)
    #expect(lines(long, limit: 100) == [String(repeating: "x", count: 100)])
    let cut = String(repeating: "x", count: 99) + " … (cut: a line of more than 99 bytes)"
    #expect(lines(long + [0x0a, 0x79], limit: 99) == [cut, "y"])
  }
}
