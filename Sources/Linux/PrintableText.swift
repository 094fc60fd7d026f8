/// What strangers wrote, made fit for a log and a terminal: valid UTF-8 without control characters.
package enum PrintableText {
  /// Whether all of it is printable ASCII, as nearly every line is. Eight bytes at a time.
  package static func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let highs: UInt64 = 0x8080_8080_8080_8080
    var index = 0
    while index &+ 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      let below = (word &- 0x2020_2020_2020_2020) & ~word
      // The last is for DEL; where it carries, the byte's own high bit is set.
      if (below | word | (word &+ 0x0101_0101_0101_0101)) & highs != 0 { return false }
      index &+= 8
    }
    while index < bytes.count {
      if bytes[index] < 0x20 || bytes[index] >= 0x7f { return false }
      index &+= 1
    }
    return true
  }

  /// A line of output: colours (ESC [ … m) and tabs stay, all else that a terminal would obey goes.
  package static func append(line bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    append(bytes, isLine: true, to: &output)
  }

  /// In one line and without colours.
  package static func sentence(_ text: String) -> String {
    var text = text
    return text.withUTF8 { utf8 -> String? in
      let bytes = UnsafeRawBufferPointer(utf8)
      if isPlain(bytes) { return nil }
      var output: [UInt8] = []
      append(bytes, isLine: false, to: &output)
      return String(decoding: output, as: UTF8.self)
    } ?? text
  }

  private static func append(_ bytes: UnsafeRawBufferPointer, isLine: Bool, to output: inout [UInt8]) {
    var kept = 0
    var index = 0
    func keepRun(_ output: inout [UInt8]) {
      if kept < index { output.append(contentsOf: bytes[kept..<index]) }
    }
    while index < bytes.count {
      let byte = bytes[index]
      if byte >= 0x20 && byte < 0x7f || byte == 0x09 && isLine {
        index += 1
        continue
      }
      if byte >= 0x80 {
        let length = characterLength(bytes, at: index)
        if length > 0, !(byte == 0xc2 && bytes[index + 1] < 0xa0) {
          index += length
          continue
        }
        keepRun(&output)
        // U+0080 to U+009F, which some terminals obey as they do ESC, just go.
        if length < 0 { output.append(contentsOf: [0xef, 0xbf, 0xbd]) }
        index += abs(length)
      } else if byte == 0x1b {
        keepRun(&output)
        let end = escapeEnd(bytes, from: index)
        if isLine, isColour(bytes[index..<end]) { output.append(contentsOf: bytes[index..<end]) }
        index = end
      } else {
        keepRun(&output)
        if byte >= 0x09 && byte <= 0x0d, !isLine { output.append(0x20) }
        index += 1
        // Files that are no text have long runs of these.
        while index < bytes.count, bytes[index] == 0 { index += 1 }
      }
      kept = index
    }
    keepRun(&output)
  }

  /// How many bytes the character there takes; negative: so many that are none.
  private static func characterLength(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
    let (count, second): (Int, ClosedRange<UInt8>)
    switch bytes[index] {
    case 0xc2...0xdf: (count, second) = (2, 0x80...0xbf)
    case 0xe0: (count, second) = (3, 0xa0...0xbf)
    case 0xed: (count, second) = (3, 0x80...0x9f)
    case 0xe1...0xef: (count, second) = (3, 0x80...0xbf)
    case 0xf0: (count, second) = (4, 0x90...0xbf)
    case 0xf1...0xf3: (count, second) = (4, 0x80...0xbf)
    case 0xf4: (count, second) = (4, 0x80...0x8f)
    default: return -1
    }
    guard index + 1 < bytes.count, second.contains(bytes[index + 1]) else { return -1 }
    for next in 2..<count where index + next >= bytes.count || bytes[index + next] & 0xc0 != 0x80 {
      return -next
    }
    return count
  }

  /// Numbers alone: with other signs before it an `m` sets up the keyboard.
  private static func isColour(_ sequence: Slice<UnsafeRawBufferPointer>) -> Bool {
    let body = sequence.dropFirst()
    return body.first == UInt8(ascii: "[") && body.count > 1 && body.last == UInt8(ascii: "m")
      && body.dropFirst().dropLast().allSatisfy { (0x30...0x3b).contains($0) }
  }

  private static func escapeEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    func skip(_ index: Int, while belongs: (UInt8) -> Bool) -> Int {
      bytes[index...].firstIndex { !belongs($0) } ?? bytes.count
    }
    guard start + 1 < bytes.count else { return bytes.count }
    let end: Int
    switch bytes[start + 1] {
    case UInt8(ascii: "["): end = skip(start + 2) { (0x20...0x3f).contains($0) }
    // A title or a link: text up to BEL, or to the ESC of "ESC \".
    case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
      let end = skip(start + 2) { $0 != 0x07 && $0 != 0x1b }
      return end < bytes.count && bytes[end] == 0x07 ? end + 1 : end
    default: end = skip(start + 1) { (0x20...0x2f).contains($0) }
    }
    return end < bytes.count && (0x30...0x7e).contains(bytes[end]) ? end + 1 : end
  }
}
