/// The same each time, so that what it finds is found again.
struct Random {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

  /// From 0 up to one less; 0 for 0.
  mutating func below(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return bound > 0 ? Int((state >> 11) % UInt64(bound)) : 0
  }
}
