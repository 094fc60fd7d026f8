import Glibc

/// Bytes that tell their place: none is where another could be without being noticed.
enum Pattern {
  /// Odd, so that it falls in step with no buffer.
  private static let period = 999_983

  private static let block: [UInt8] = {
    var state: UInt32 = 2_463_534_242
    return (0..<(period + (1 << 20))).map { index in
      if index == period { state = 2_463_534_242 }
      state ^= state << 13
      state ^= state >> 17
      state ^= state << 5
      return UInt8(truncatingIfNeeded: state)
    }
  }()

  static func bytes(_ count: Int, from offset: Int = 0) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    while result.count < count {
      let start = (offset + result.count) % period
      result += block[start..<(start + min(1 << 20, count - result.count))]
    }
    return result
  }

  static func matches(_ bytes: [UInt8], from offset: Int) -> Bool {
    var checked = 0
    while checked < bytes.count {
      let start = (offset + checked) % period
      let count = min(1 << 20, bytes.count - checked)
      let isSame = bytes.withUnsafeBytes { bytes in
        block.withUnsafeBytes { block in
          guard let left = bytes.baseAddress, let right = block.baseAddress else { return true }
          return memcmp(left + checked, right + start, count) == 0
        }
      }
      guard isSame else { return false }
      checked += count
    }
    return true
  }
}
