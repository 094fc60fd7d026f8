/// Follows a chunked body (RFC 9112 7.1) in whatever portions it comes. Plain data, a few dozen bytes.
struct ChunkScanner {
  enum State { case more, complete, invalid }

  struct ScanResult {
    /// Of the bytes given: none behind the end of the body.
    var consumed: Int
    var state: State
  }

  static let longestExtensions = 4 << 10
  static let longestTrailers = 16 << 10
  static let maximumTrailers = 64

  /// What is expected next.
  enum Step: UInt8 {
    case size, chunkExtension, sizeFeed, data, dataReturn, dataFeed
    case trailer, trailerName, trailerValue, trailerFeed, lastFeed
    case complete, invalid
  }

  private var step = Step.size
  private var digits: UInt8 = 0
  private var trailers: UInt8 = 0
  /// Of all chunks together.
  private var extensionBytes: UInt16 = 0
  private var trailerBytes: UInt16 = 0
  private var remaining: UInt64 = 0
  private var name = TrailerName()

  /// Between two whole chunks, or before the first: here the body could be ended.
  var isBetweenChunks: Bool { step == .size && digits == 0 }

  /// Goes on with `bytes`, and calls `data` for each run of content in it.
  mutating func scan(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, data: (UnsafePointer<UInt8>, Int) -> Void
  ) -> ScanResult {
    var at = 0
    while at < count {
      switch step {
      case .complete: return ScanResult(consumed: at, state: .complete)
      case .invalid: return ScanResult(consumed: at, state: .invalid)
      case .data:
        let length = Int(truncatingIfNeeded: min(remaining, UInt64(count &- at)))
        data(bytes + at, length)
        at &+= length
        remaining &-= UInt64(length)
        if remaining == 0 { step = .dataReturn }
      default:
        step = next(bytes[at])
        at &+= 1
      }
    }
    switch step {
    case .complete: return ScanResult(consumed: at, state: .complete)
    case .invalid: return ScanResult(consumed: at, state: .invalid)
    default: return ScanResult(consumed: at, state: .more)
    }
  }

  private mutating func next(_ byte: UInt8) -> Step {
    switch step {
    case .size: return size(byte)
    case .chunkExtension:
      if byte == Byte.carriageReturn { return .sizeFeed }
      extensionBytes += 1
      return isText(byte) && extensionBytes <= Self.longestExtensions ? .chunkExtension : .invalid
    case .sizeFeed:
      guard byte == Byte.lineFeed else { return .invalid }
      digits = 0
      return remaining > 0 ? .data : .trailer
    case .dataReturn: return byte == Byte.carriageReturn ? .dataFeed : .invalid
    case .dataFeed: return byte == Byte.lineFeed ? .size : .invalid
    case .lastFeed: return byte == Byte.lineFeed ? .complete : .invalid
    default: return trailer(byte)
    }
  }

  private mutating func size(_ byte: UInt8) -> Step {
    if let digit = Self.hexDigit(byte) {
      digits += 1
      remaining = remaining &<< 4 | digit
      // Sixteen digits, and what they say must be a count of bytes still.
      return digits <= 16 && remaining <= UInt64(Int64.max) ? .size : .invalid
    }
    guard digits > 0 else { return .invalid }
    switch byte {
    case Byte.carriageReturn: return .sizeFeed
    case Byte.semicolon: return .chunkExtension
    default: return .invalid
    }
  }

  private static func hexDigit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte &- UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte &- UInt8(ascii: "a") &+ 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte &- UInt8(ascii: "A") &+ 10)
    default: nil
    }
  }

  private mutating func trailer(_ byte: UInt8) -> Step {
    trailerBytes += 1
    guard trailerBytes <= Self.longestTrailers else { return .invalid }
    switch step {
    case .trailer:
      if byte == Byte.carriageReturn { return .lastFeed }
      trailers += 1
      guard trailers <= Self.maximumTrailers, isToken(byte) else { return .invalid }
      name = TrailerName()
      name.append(byte)
      return .trailerName
    case .trailerName:
      if byte == Byte.colon { return name.isForbidden ? .invalid : .trailerValue }
      guard isToken(byte) else { return .invalid }
      name.append(byte)
      return .trailerName
    case .trailerValue:
      if byte == Byte.carriageReturn { return .trailerFeed }
      return isText(byte) ? .trailerValue : .invalid
    default: return byte == Byte.lineFeed ? .trailer : .invalid
    }
  }
}
