/// Always the same numbers for the same seed.
struct Numbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next(below bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }
}

/// A chunked body read the slow and plain way: cut at each CRLF.
enum ChunkModel {
  static let bytes = Array("0159afAFg;=\"\r\n :x-\t\0\u{7f}".utf8)

  static func body(_ random: inout Numbers) -> [UInt8] {
    var text = ""
    for _ in 0..<random.next(below: 4) {
      let size = 1 + random.next(below: 20)
      text += String(repeating: "0", count: random.next(below: 3)) + String(size, radix: 16)
      if random.next(below: 4) == 0 { text += ";n=\"v\"" }
      text += "\r\n" + String(repeating: "x", count: size) + "\r\n"
    }
    text += "0\r\n"
    for _ in 0..<random.next(below: 3) { text += "X-T: v\r\n" }
    return Array((text + "\r\n").utf8)
  }

  static func read(_ bytes: [UInt8]) -> (content: [UInt8], length: Int)? {
    var content: [UInt8] = []
    var at = 0
    while let line = line(bytes, &at) {
      let halves = line.split(separator: UInt8(ascii: ";"), maxSplits: 1, omittingEmptySubsequences: false)
      guard let digits = halves.first, (1...16).contains(digits.count),
        digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }),
        let size = Int(String(decoding: digits, as: UTF8.self), radix: 16),
        halves.dropFirst().allSatisfy(isText)
      else { return nil }
      if size == 0 { return trailers(bytes, &at) ? (content, at) : nil }
      guard size <= bytes.count - at else { return nil }
      content += bytes[at..<at + size]
      at += size
      guard let rest = Self.line(bytes, &at), rest.isEmpty else { return nil }
    }
    return nil
  }

  private static func trailers(_ bytes: [UInt8], _ at: inout Int) -> Bool {
    while let line = line(bytes, &at) {
      if line.isEmpty { return true }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return false }
      let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
      let marks = "!#$%&'*+-.^_`|~"
      guard
        name.unicodeScalars.allSatisfy({
          ("a"..."z").contains($0) || ("0"..."9").contains($0) || marks.unicodeScalars.contains($0)
        }),
        name != "te", isText(line[(colon + 1)...])
      else { return false }
    }
    return false
  }

  private static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.allSatisfy { $0 == 9 || ($0 >= 32 && $0 != 127) }
  }

  private static func line(_ bytes: [UInt8], _ at: inout Int) -> ArraySlice<UInt8>? {
    var end = at
    while end + 1 < bytes.count {
      if bytes[end] == 13, bytes[end + 1] == 10 {
        let line = bytes[at..<end]
        at = end + 2
        return line
      }
      end += 1
    }
    return nil
  }
}
