/// Makes lines for people out of whatever bytes a program prints: bounded in length, valid UTF-8, free of
/// control characters but for tabs and colours.
package struct LineSplitter {
  private var partial: [UInt8] = []
  private var truncating = false
  private let limit: Int

  package init(limit: Int = 8192) { self.limit = limit }

  package mutating func feed(_ bytes: UnsafeRawBufferPointer, _ line: (String) -> Void) {
    var start = 0
    for index in bytes.indices where bytes[index] == 0x0a || bytes[index] == 0x0d {
      append(bytes[start..<index])
      // "\r\n" and progress bars that redraw themselves with "\r" leave no empty lines behind.
      if bytes[index] == 0x0a || !partial.isEmpty { emit(line) }
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
        if bytes[end - 1] == UInt8(ascii: "m"), end - index > 2 { kept += bytes[index..<end] }
        index = end
        continue
      }
      if byte >= 0x20 && byte != 0x7f || byte == 0x09 { kept.append(byte) }
      index += 1
    }
    return String(decoding: kept, as: UTF8.self)
  }

  private static func escapeEnd(_ bytes: [UInt8], from start: Int) -> Int {
    guard start + 1 < bytes.count, bytes[start + 1] == UInt8(ascii: "[") else {
      return min(start + 2, bytes.count)
    }
    var index = start + 2
    while index < bytes.count, !(0x40...0x7e).contains(bytes[index]) { index += 1 }
    return min(index + 1, bytes.count)
  }
}
