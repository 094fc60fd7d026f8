/// Makes lines for people out of whatever bytes a program prints: bounded in length, valid UTF-8, free of
/// control characters but for tabs and colours.
package struct LineSplitter {
  private var partial: [UInt8] = []
  private var truncating = false
  private var endedByReturn = false
  private let limit: Int

  package init(limit: Int = 8192) { self.limit = limit }

  package mutating func feed(_ bytes: UnsafeRawBufferPointer, _ line: (String) -> Void) {
    var start = 0
    for index in bytes.indices where bytes[index] == 0x0a || bytes[index] == 0x0d {
      append(bytes[start..<index])
      // "\r\n" and progress bars that redraw themselves with "\r" leave no empty lines behind.
      let isNewline = bytes[index] == 0x0a
      if !partial.isEmpty || isNewline && !endedByReturn {
        emit(line)
        endedByReturn = !isNewline
      } else if isNewline {
        endedByReturn = false
      }
      start = index + 1
    }
    append(bytes[start..<bytes.count])
  }

  /// The last line of a program that did not end it.
  package mutating func finish(_ line: (String) -> Void) {
    if !partial.isEmpty { emit(line) }
  }

  private mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) {
    let room = limit - partial.count
    if bytes.count > room { truncating = true }
    partial.append(contentsOf: bytes.prefix(max(0, room)))
  }

  private mutating func emit(_ line: (String) -> Void) {
    line(Self.printable(partial) + (truncating ? " … (cut: a line of more than \(limit) bytes)" : ""))
    partial.removeAll(keepingCapacity: true)
    truncating = false
  }

  /// Colour sequences (ESC [ … m) stay; other control characters and escape sequences go.
  static func printable(_ bytes: [UInt8]) -> String {
    if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return String(decoding: bytes, as: UTF8.self) }
    var kept: [UInt8] = []
    kept.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == 0x1b {
        let end = escapeEnd(bytes, from: index)
        if end - index > 2, bytes[index + 1] == UInt8(ascii: "["), bytes[end - 1] == UInt8(ascii: "m") {
          kept += bytes[index..<end]
        }
        index = end
      } else if byte == 0xc2, index + 1 < bytes.count, (0x80...0x9f).contains(bytes[index + 1]) {
        // U+0080 to U+009F, which some terminals obey as they do ESC.
        index += 2
      } else {
        if byte >= 0x20 && byte != 0x7f || byte == 0x09 { kept.append(byte) }
        index += 1
      }
    }
    return String(decoding: kept, as: UTF8.self)
  }

  private static func escapeEnd(_ bytes: [UInt8], from start: Int) -> Int {
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
