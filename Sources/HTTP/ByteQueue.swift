import Glibc

/// Bytes that were received and not yet parsed.
struct ByteQueue {
  enum Line {
    case line(ArraySlice<UInt8>)
    case incomplete
    case tooLong
    case bareLineFeed
  }

  private static let keptCapacity = 32 << 10

  private var bytes: [UInt8] = []
  private var start = 0
  private var searched = 0

  var count: Int { bytes.count - start }
  var first: UInt8? { start < bytes.count ? bytes[start] : nil }

  mutating func append(_ new: UnsafeRawBufferPointer) {
    if start > 0 {
      bytes.removeSubrange(..<start)
      searched -= start
      start = 0
    }
    bytes.append(contentsOf: new)
  }

  /// Up to `limit` bytes.
  mutating func take(_ limit: Int) -> ArraySlice<UInt8> {
    let end = start + min(limit, count)
    defer { advance(to: end) }
    return bytes[start..<end]
  }

  /// The next line, without its CR LF.
  mutating func takeLine(limit: Int) -> Line {
    guard let feed = indexOfLineFeed() else {
      searched = bytes.count
      return count > limit ? .tooLong : .incomplete
    }
    guard feed - start <= limit else { return .tooLong }
    guard feed > start, bytes[feed - 1] == ASCII.carriageReturn else { return .bareLineFeed }
    defer { advance(to: feed + 1) }
    return .line(bytes[start..<feed - 1])
  }

  private func indexOfLineFeed() -> Int? {
    bytes.withUnsafeBytes { buffer in
      guard searched < buffer.count, let base = buffer.baseAddress,
        let found = memchr(base + searched, Int32(ASCII.lineFeed), buffer.count - searched)
      else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }

  private mutating func advance(to index: Int) {
    start = index
    searched = index
  }

  /// Frees what has been parsed; a slice that is still held would make this copy.
  mutating func compact() {
    guard start == bytes.count else { return }
    bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptCapacity)
    start = 0
    searched = 0
  }
}
