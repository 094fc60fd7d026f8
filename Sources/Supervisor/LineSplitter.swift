import Glibc
import Linux

/// Makes lines for people out of whatever bytes a program prints: bounded in length, valid UTF-8, free of
/// control characters but for tabs and colours. What is passed on lasts as long as the call.
package struct LineSplitter {
  private var partial: [UInt8] = []
  private var printable: [UInt8] = []
  private let limit: Int

  /// `limit`: what a line may have of bytes; a longer one comes in pieces.
  package init(limit: Int = 64 << 10) { self.limit = limit }

  package mutating func feed(_ bytes: UnsafeRawBufferPointer, _ line: (UnsafeRawBufferPointer) -> Void) {
    var start = 0
    while let newline = Self.firstIndex(of: 0x0a, in: bytes, from: start) {
      let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<newline])
      if partial.isEmpty, piece.count <= limit {
        emit(piece, line)
      } else {
        keep(piece, line)
        emitPartial(line)
      }
      start = newline + 1
    }
    keep(UnsafeRawBufferPointer(rebasing: bytes[start...]), line)
  }

  /// The last line of a program that did not end it.
  package mutating func finish(_ line: (UnsafeRawBufferPointer) -> Void) {
    if !partial.isEmpty { emitPartial(line) }
  }

  private mutating func keep(_ piece: UnsafeRawBufferPointer, _ line: (UnsafeRawBufferPointer) -> Void) {
    var rest = piece[...]
    while partial.count + rest.count > limit {
      let room = limit - partial.count
      partial.append(contentsOf: rest.prefix(room))
      rest = rest.dropFirst(room)
      // What a bar of progress has painted over need not be kept.
      let covered = partial.withUnsafeBytes { $0.count - Self.visible($0, trimmed: false).count }
      if covered > 0 {
        partial.removeFirst(covered)
      } else {
        emitPartial(upTo: Self.cut(partial), line)
      }
    }
    partial.append(contentsOf: rest)
  }

  private mutating func emitPartial(upTo end: Int? = nil, _ line: (UnsafeRawBufferPointer) -> Void) {
    // Taken out, so that nothing is copied.
    var whole: [UInt8] = []
    swap(&whole, &partial)
    let end = end ?? whole.count
    whole.withUnsafeBytes { emit(UnsafeRawBufferPointer(rebasing: $0[..<end]), line) }
    whole.removeFirst(end)
    partial = whole
  }

  private mutating func emit(_ bytes: UnsafeRawBufferPointer, _ line: (UnsafeRawBufferPointer) -> Void) {
    if PrintableText.isPlain(bytes) { return line(bytes) }
    printable.removeAll(keepingCapacity: true)
    PrintableText.append(line: Self.visible(bytes, trimmed: true), to: &printable)
    printable.withUnsafeBytes(line)
  }

  /// What a terminal shows of a line that was painted over by means of "\r".
  private static func visible(_ bytes: UnsafeRawBufferPointer, trimmed: Bool) -> UnsafeRawBufferPointer {
    guard firstIndex(of: 0x0d, in: bytes, from: 0) != nil else { return bytes }
    let end = (bytes.lastIndex { $0 != 0x0d } ?? -1) + 1
    let start = (bytes[..<end].lastIndex(of: 0x0d) ?? -1) + 1
    return UnsafeRawBufferPointer(rebasing: bytes[start..<(trimmed ? end : bytes.count)])
  }

  private static let signs = Array(" \t\"',;(){}[]<>".utf8)

  /// Where a line that is too long is cut: behind a sign near its end that parts words, so that a secret, which would
  /// not be known by its halves, stays whole; else at least between two characters.
  private static func cut(_ bytes: [UInt8]) -> Int {
    if bytes.count > 2048, let sign = bytes.suffix(1024).lastIndex(where: signs.contains) { return sign + 1 }
    let end = bytes.suffix(4).lastIndex { $0 & 0xc0 != 0x80 } ?? bytes.count
    return end > 0 && bytes.last.map { $0 >= 0x80 } == true ? end : bytes.count
  }

  private static func firstIndex(of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard start < bytes.count, let base = bytes.baseAddress,
      let found = memchr(base + start, Int32(byte), bytes.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }
}
