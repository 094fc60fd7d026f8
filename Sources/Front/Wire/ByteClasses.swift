/// What each byte may be a part of. Held by pointer: a global would ask each time whether it is there yet.
struct ByteClasses {
  static let token: UInt8 = 1
  static let target: UInt8 = 2
  static let path: UInt8 = 4
  static let host: UInt8 = 8
  static let address: UInt8 = 16

  private let table: UnsafeMutablePointer<UInt8>

  init() {
    table = .allocate(capacity: 256)
    for byte in UInt8.min...UInt8.max { table[Int(byte)] = Self.classes(of: byte) }
  }

  func deallocate() { table.deallocate() }

  @inline(__always)
  func holds(_ byte: UInt8, _ mask: UInt8) -> Bool { table[Int(byte)] & mask != 0 }

  /// The first byte from `start` on that is not of the class, or `end`.
  @inline(__always)
  func end(of mask: UInt8, _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
    var at = start
    while at < end, holds(bytes[at], mask) { at &+= 1 }
    return at
  }

  private static func classes(of byte: UInt8) -> UInt8 {
    var classes: UInt8 = 0
    if isToken(byte) { classes |= token }
    if byte > 0x20, byte < 0x7f, byte != UInt8(ascii: "#") {
      classes |= target
      if byte != Byte.question { classes |= path }
    }
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
      classes |= host | address
    case UInt8(ascii: "g")...UInt8(ascii: "z"), UInt8(ascii: "G")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      classes |= host
    case Byte.colon: classes |= address
    default: break
    }
    return classes
  }
}

/// RFC 9110 5.6.2. For where no table is at hand.
@inline(__always)
func isToken(_ byte: UInt8) -> Bool {
  // A bit for each of !#$%&'*+-. and the digits, and for each of ^_`|~ and the letters.
  let half: UInt64
  switch byte {
  case 0..<64: half = 0x03ff_6cfa_0000_0000
  case 64..<128: half = 0x57ff_ffff_c7ff_fffe
  default: return false
  }
  return half &>> UInt64(byte & 63) & 1 != 0
}
