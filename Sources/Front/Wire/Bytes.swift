import Glibc

enum Byte {
  static let tab: UInt8 = 0x09
  static let lineFeed: UInt8 = 0x0a
  static let carriageReturn: UInt8 = 0x0d
  static let space: UInt8 = 0x20
  static let asterisk: UInt8 = 0x2a
  static let comma: UInt8 = 0x2c
  static let slash: UInt8 = 0x2f
  static let zero: UInt8 = 0x30
  static let colon: UInt8 = 0x3a
  static let semicolon: UInt8 = 0x3b
  static let question: UInt8 = 0x3f
  static let leftBracket: UInt8 = 0x5b
  static let rightBracket: UInt8 = 0x5d
}

@inline(__always)
func isBlank(_ byte: UInt8) -> Bool { byte == Byte.space || byte == Byte.tab }

/// Of a field's value, where CR and LF are not: no control characters but the tab.
@inline(__always)
func isText(_ byte: UInt8) -> Bool { byte >= 0x20 ? byte != 0x7f : byte == Byte.tab }

/// The first byte from `start` on that no field's value may have, or `end`. Eight bytes at a time.
@inline(__always)
func endOfText(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
  let ones: UInt64 = 0x0101_0101_0101_0101
  var at = start
  while at &+ 8 <= end {
    let word = UInt64(littleEndian: UnsafeRawPointer(bytes + at).loadUnaligned(as: UInt64.self))
    let delete = word ^ (ones &* 0x7f)
    // A borrow can mark a byte too much, but only above one that is rightly marked.
    let low = (word &- (ones &* 0x20)) & ~word
    let marks = (low | ((delete &- ones) & ~delete)) & (ones &* 0x80)
    if marks == 0 {
      at &+= 8
      continue
    }
    at &+= marks.trailingZeroBitCount &>> 3
    if bytes[at] != Byte.tab { return at }
    at &+= 1
  }
  while at < end, isText(bytes[at]) { at &+= 1 }
  return at
}

/// Whether the bytes are those of `text`, of which they have the length.
@inline(__always)
func same(_ bytes: UnsafePointer<UInt8>, _ text: StaticString) -> Bool {
  memcmp(bytes, text.utf8Start, text.utf8CodeUnitCount) == 0
}

/// `lower` is in lower case, and has the bytes' length. The bytes must be those of a token (RFC 9110 5.6.2).
@inline(__always)
func sameToken(_ bytes: UnsafePointer<UInt8>, _ lower: StaticString) -> Bool {
  let wanted = lower.utf8Start
  var at = 0
  while at < lower.utf8CodeUnitCount {
    // CR would pass for a hyphen, and @ for a backquote, but no token has them.
    if bytes[at] | 0x20 != wanted[at] { return false }
    at &+= 1
  }
  return true
}

@inline(__always)
func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

/// For what may hold any bytes; `lowered` is in lower case.
func sameText(_ bytes: UnsafePointer<UInt8>, _ range: ByteRange, _ lowered: StaticString) -> Bool {
  guard range.count == lowered.utf8CodeUnitCount else { return false }
  let wanted = lowered.utf8Start
  for at in 0..<range.count where lower(bytes[range.start + at]) != wanted[at] { return false }
  return true
}

func sameText(_ bytes: UnsafePointer<UInt8>, _ one: ByteRange, _ other: ByteRange) -> Bool {
  guard one.count == other.count else { return false }
  for at in 0..<one.count where lower(bytes[one.start + at]) != lower(bytes[other.start + at]) {
    return false
  }
  return true
}

/// Digits and nothing else, and no more than an `Int` holds.
func decimal(_ bytes: UnsafePointer<UInt8>, _ range: ByteRange) -> UInt64? {
  guard range.count > 0, range.count <= 19 else { return nil }
  var value: UInt64 = 0
  for at in range.start..<range.end {
    let digit = bytes[at] &- Byte.zero
    guard digit < 10 else { return nil }
    value = value &* 10 &+ UInt64(digit)
  }
  return value <= UInt64(Int64.max) ? value : nil
}
