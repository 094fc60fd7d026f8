/// Follows the frames of one direction of a WebSocket (RFC 6455 5.2) as far as is needed to know where they end.
/// A control frame may come between any two of them, so also in the middle of a message.
struct FrameScanner {
  /// An unmasked Close with 1001, as a server sends it.
  static let closeGoingAway: [UInt8] = [0x88, 0x02, 0x03, 0xe9]

  /// Of the frame's header, what has come and what there is of it as far as is known.
  private var headerBytes: UInt8 = 0
  private var headerLength: UInt8 = 2
  /// How many of them hold the length, when it does not fit into the second.
  private var lengthBytes: UInt8 = 0
  private var payload: UInt64 = 0

  var isAtBoundary: Bool { headerBytes == 0 && payload == 0 }

  /// How many of the bytes it has taken: all, or with `stopAtBoundary` at most those up to the next end of a frame.
  mutating func advance(_ bytes: UnsafePointer<UInt8>, _ count: Int, stopAtBoundary: Bool) -> Int {
    var at = 0
    while at < count {
      if headerBytes == 0, payload > 0 {
        let length = Int(truncatingIfNeeded: min(payload, UInt64(count &- at)))
        at &+= length
        payload &-= UInt64(length)
      } else {
        readHeader(bytes[at])
        at &+= 1
      }
      if stopAtBoundary, isAtBoundary { return at }
    }
    return at
  }

  private mutating func readHeader(_ byte: UInt8) {
    switch headerBytes {
    case 0: break
    case 1:
      let length = byte & 0x7f
      payload = length < 126 ? UInt64(length) : 0
      lengthBytes = length == 126 ? 2 : length == 127 ? 8 : 0
      headerLength = 2 &+ lengthBytes &+ (byte & 0x80 != 0 ? 4 : 0)
    default:
      if headerBytes < 2 &+ lengthBytes { payload = payload &<< 8 | UInt64(byte) }
    }
    headerBytes &+= 1
    if headerBytes >= 2, headerBytes == headerLength {
      headerBytes = 0
      headerLength = 2
    }
  }
}
