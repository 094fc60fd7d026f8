import Linux
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
          splitter.feed(chunk) { lines.append(String(decoding: $0, as: UTF8.self)) }
        }
      }
      splitter.finish { lines.append(String(decoding: $0, as: UTF8.self)) }
      return lines
    }
    let whole = split(by: max(1, bytes.count))
    for size in [1, 2, 3, 7] { #expect(split(by: size) == whole) }
    return whole
  }

  @Test(arguments: [
    ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb\n", ["a", "b"]), ("a\n\nb", ["a", "", "b"]), ("\n", [""]),
    ("a\r\nb\r\n", ["a", "b"]), ("a\r\n\r\nb", ["a", "", "b"]), ("\r\n", [""]), ("a\r\r\n", ["a"]),
    ("10%\r20%\r100%\ndone\n", ["100%", "done"]), ("10%\r\r\r20%", ["20%"]), ("a\rb\r\r\n", ["b"]),
    ("10%\r", ["10%"]), ("\r\r\n", [""]), ("a\rb\n\rc", ["b", "c"]),
  ])
  func `lines end as programs end them, and show what a terminal would`(text: String, expected: [String]) {
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
    ("grüße 😀", "grüße 😀"), ("\u{1b}[>4mx\u{1b}[?1my", "xy"), ("\u{1b}[4:3mx", "\u{1b}[4:3mx"),
    ("\u{1b}[31;1Hx", "x"), ("\u{1b}Pq#0\u{1b}\\x", "x"), ("\u{1b}_secret\u{7}x", "x"),
  ])
  func `colours stay and whatever else would move a terminal goes`(text: String, kept: String) {
    #expect(lines(Array(text.utf8)) == [kept])
  }

  @Test(
    arguments: [
      ([0x61, 0xff, 0xfe, 0x62], "a\u{fffd}\u{fffd}b"), ([0xe2, 0x82], "\u{fffd}"),
      ([0xe2, 0x82, 0x41], "\u{fffd}A"),
      ([0xc0, 0xaf], "\u{fffd}\u{fffd}"), ([0xed, 0xa0, 0x80], "\u{fffd}\u{fffd}\u{fffd}"),
      ([0xf4, 0x90, 0x80, 0x80], "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"), ([0xf0, 0x9f, 0x98], "\u{fffd}"),
      ([0xc2], "\u{fffd}"), ([0xc2, 0x9b, 0x32], "2"),
    ] as [([UInt8], String)])
  func `what is not text becomes text`(bytes: [UInt8], text: String) {
    #expect(lines(bytes) == [text])
  }

  @Test func `of noise only what can be shown is left`() {
    let binary = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }
    for line in lines(binary) {
      #expect(
        !line.unicodeScalars.contains {
          $0.value < 0x20 && $0 != "\t" && $0 != "\u{1b}" || (0x7f...0x9f).contains($0.value)
        })
    }
    for value in UInt8.min...UInt8.max where value != 0x0a && value != 0x0d {
      let line = [UInt8](repeating: 0x78, count: 9) + [value]
      let isPlain = line.withUnsafeBytes(PrintableText.isPlain)
      #expect(isPlain == (0x20..<0x7f).contains(value))
    }
  }

  @Test func `a line that is too long comes in pieces, none of which is lost`() {
    let long = [UInt8](repeating: 0x78, count: 100)
    #expect(lines(long, limit: 100) == [String(repeating: "x", count: 100)])
    #expect(lines(long + [0x0a, 0x79], limit: 100) == [String(repeating: "x", count: 100), "y"])
    #expect(lines(long + [0x0a, 0x79], limit: 99) == [String(repeating: "x", count: 99), "x", "y"])
    #expect(lines(Array("ééé".utf8), limit: 3) == ["é", "é", "é"])
    let words = String(repeating: "word ", count: 1000)
    let pieces = lines(Array(words.utf8), limit: 4096)
    #expect(pieces.joined() == words)
    #expect(pieces.count == 2 && pieces.allSatisfy { $0.hasSuffix("word ") })
  }

  @Test func `a bar of progress that never ends its line costs no more than a line`() {
    let bar = (0..<1000).map { "\r\($0)%" }.joined()
    #expect(lines(Array(bar.utf8), limit: 50) == ["999%"])
  }
}
