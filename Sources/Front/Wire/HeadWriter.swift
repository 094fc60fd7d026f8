import Glibc

/// Puts a head together in memory that somebody else owns.
struct HeadWriter {
  private let out: UnsafeMutablePointer<UInt8>
  private let capacity: Int
  private var count = 0
  private var overflows = false

  @inline(__always)
  init(_ out: UnsafeMutablePointer<UInt8>, capacity: Int) {
    self.out = out
    self.capacity = capacity
  }

  /// How much there is, or -1 if it did not fit.
  @inline(__always)
  var result: Int { overflows ? -1 : count }

  @inline(__always)
  mutating func append(_ bytes: UnsafePointer<UInt8>, _ length: Int) {
    guard length <= capacity &- count else {
      overflows = true
      return
    }
    memcpy(out + count, bytes, length)
    count &+= length
  }

  @inline(__always)
  mutating func append(_ bytes: UnsafePointer<UInt8>, _ range: ByteRange) {
    append(bytes + range.start, range.count)
  }

  @inline(__always)
  mutating func append(_ text: StaticString) { append(text.utf8Start, text.utf8CodeUnitCount) }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    guard count < capacity else {
      overflows = true
      return
    }
    out[count] = byte
    count &+= 1
  }

  /// What is between `start` and the first line, and all lines but those whose field's bit is in `dropped`.
  @inline(__always)
  mutating func append(
    _ lines: FieldLines, of bytes: UnsafePointer<UInt8>, from start: Int, dropping dropped: UInt32
  ) {
    var from = start
    var end = lines.start
    for index in 0..<lines.count {
      let line = lines.lines + index
      if dropped & line.pointee.field.bit != 0 {
        append(bytes + from, Int(line.pointee.start) &- from)
        from = Int(line.pointee.end)
      }
      end = Int(line.pointee.end)
    }
    append(bytes + from, end &- from)
  }
}
