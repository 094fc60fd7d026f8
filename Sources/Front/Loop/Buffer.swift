import Glibc

/// Bytes that wait: to be parsed, sent, or sent again. By hand, so that a connection without any costs nothing.
struct Buffer {
  private(set) var base: UnsafeMutablePointer<UInt8>?
  private var start: UInt32 = 0
  private var end: UInt32 = 0
  private(set) var capacity: UInt32 = 0

  var isEmpty: Bool { start == end }
  var count: Int { Int(end) - Int(start) }

  /// Only while it is not empty.
  var bytes: UnsafeMutablePointer<UInt8> {
    guard let base else { preconditionFailure("an empty buffer has no bytes") }
    return base + Int(start)
  }

  /// Room for `count` more at the returned place; say `extend` when they are there.
  mutating func room(for count: Int) -> UnsafeMutablePointer<UInt8> {
    if start == end {
      start = 0
      end = 0
    }
    if let base, Int(capacity) - Int(end) >= count { return base + Int(end) }
    let held = self.count
    if let base, Int(capacity) >= held + count {
      memmove(base, base + Int(start), held)
      start = 0
      end = UInt32(held)
      return base + held
    }
    let wanted = max(held + count, Int(capacity) * 2, Self.smallest)
    guard let fresh = malloc(wanted)?.assumingMemoryBound(to: UInt8.self) else {
      preconditionFailure("out of memory")
    }
    if let base {
      memcpy(fresh, base + Int(start), held)
      free(base)
    }
    base = fresh
    capacity = UInt32(wanted)
    start = 0
    end = UInt32(held)
    return fresh + held
  }

  mutating func extend(by count: Int) { end += UInt32(count) }

  mutating func append(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
    memcpy(room(for: count), bytes, count)
    extend(by: count)
  }

  mutating func consume(_ count: Int) {
    start += UInt32(count)
    if start == end { clear() }
  }

  mutating func clear() {
    start = 0
    end = 0
  }

  mutating func deallocate() {
    free(base)
    self = Buffer()
  }

  static let smallest = 2048
}
