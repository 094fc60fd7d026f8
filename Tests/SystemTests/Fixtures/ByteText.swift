import Glibc

/// Bytes as text, one scalar for each: `"\u{e9}"` is the byte 0xe9.
extension [UInt8] {
  init(_ text: String) { self = text.unicodeScalars.map { UInt8($0.value) } }

  var text: String { String(String.UnicodeScalarView(map { Unicode.Scalar($0) })) }

  /// For a message: what cannot be seen is written out, and the middle of a long one left out.
  var shown: String {
    guard count <= 2000 else { return "\(prefix(1000).shown) … \(count) bytes … \(suffix(500).shown)" }
    return text.unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
  }

  func firstIndex(of pattern: [UInt8], from start: Int = 0) -> Int? {
    withUnsafeBytes { bytes in
      var position = start
      while let base = bytes.baseAddress, let first = pattern.first, position + pattern.count <= bytes.count {
        let searched = bytes.count - pattern.count + 1 - position
        guard let found = memchr(base + position, Int32(first), searched) else { return nil }
        position = base.distance(to: found)
        if memcmp(base + position, pattern, pattern.count) == 0 { return position }
        position += 1
      }
      return nil
    }
  }

  func contains(_ text: String) -> Bool { firstIndex(of: [UInt8](text)) != nil }

  func occurrences(of text: String) -> Int {
    let pattern = [UInt8](text)
    var count = 0
    var position = 0
    while let found = firstIndex(of: pattern, from: position) {
      count += 1
      position = found + pattern.count
    }
    return count
  }
}

extension ArraySlice<UInt8> {
  var text: String { [UInt8](self).text }
  var shown: String { [UInt8](self).shown }
}
