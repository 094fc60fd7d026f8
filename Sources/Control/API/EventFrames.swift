import Glibc

/// A part of a recorded stream as server-sent events. The id of each is the place behind it, where whoever has
/// seen it goes on.
struct EventFrames: Sendable {
  let bytes: [UInt8]
  let end: Int64

  /// Without data it is no event, but a reader that has seen nothing else says so with Last-Event-ID.
  static let beginning = Array("id: 0\n\n".utf8)

  /// `lines` are whole, and begin at `start` of the stream.
  init(_ lines: [UInt8], from start: Int64) {
    var frames: [UInt8] = []
    frames.reserveCapacity(lines.count + lines.count / 3 + 64)
    var offset = start
    lines.withUnsafeBytes { raw in
      var position = 0
      while position < raw.count, let base = raw.baseAddress,
        let found = memchr(base + position, 0x0a, raw.count - position)
      {
        let feed = UnsafeRawPointer(found) - base
        offset += Int64(feed + 1 - position)
        Self.append("id: ", to: &frames)
        Self.append(offset, to: &frames)
        Self.append("\ndata: ", to: &frames)
        frames.append(contentsOf: raw[position..<feed])
        Self.append("\n\n", to: &frames)
        position = feed + 1
      }
    }
    bytes = frames
    end = offset
  }

  private static func append(_ text: StaticString, to frames: inout [UInt8]) {
    frames.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private static func append(_ number: Int64, to frames: inout [UInt8]) {
    var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
    withUnsafeMutableBytes(of: &digits) { raw in
      var rest = number.magnitude
      var index = raw.count
      repeat {
        index -= 1
        raw[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      frames.append(contentsOf: raw[index...])
    }
  }
}
