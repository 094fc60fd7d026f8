/// Backslash sequences of strings, both ways.
package enum JSONEscapes {
  /// How many bytes the sequence at `index` takes; nil when there is none such.
  static func length(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int? {
    guard index + 1 < bytes.count else { return nil }
    switch bytes[index + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return 2
    case UInt8(ascii: "u"):
      guard index + 6 <= bytes.count, bytes[(index + 2)..<(index + 6)].allSatisfy({ digit($0) != nil })
      else { return nil }
      return 6
    default:
      return nil
    }
  }

  /// Of bytes that the parser has accepted. A lone surrogate becomes U+FFFD.
  static func decode(_ bytes: ArraySlice<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.endIndex else {
        text.append(bytes[index])
        index += 1
        continue
      }
      switch bytes[index + 1] {
      case UInt8(ascii: "n"): text.append(0x0a)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "r"): text.append(0x0d)
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0c)
      case UInt8(ascii: "u"):
        let first = unit(bytes, at: index + 2)
        var scalar = Unicode.Scalar(first)
        if 0xd800..<0xdc00 ~= first, let second = followingUnit(bytes, at: index + 6) {
          scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
          index += 6
        }
        text.append(contentsOf: UTF8.encode(scalar ?? "\u{fffd}") ?? UTF8.encodedReplacementCharacter)
        index += 6
        continue
      default: text.append(bytes[index + 1])
      }
      index += 2
    }
    return String(decoding: text, as: UTF8.self)
  }

  static func append(_ text: String, to output: inout [UInt8]) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0), to: &output) }
  }

  /// UTF-8 as a string in quotes.
  package static func append(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    var start = 0
    while start < text.count {
      let end = firstSpecial(in: text, from: start)
      output.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[start..<end]))
      if end < text.count { appendSpecial(text[end], to: &output) }
      start = end + 1
    }
    output.append(UInt8(ascii: "\""))
  }

  /// The first byte that cannot stand as it is; looked for eight at a time.
  private static func firstSpecial(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var index = start
    while index &+ 8 <= text.count {
      let word = text.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      let quote = word ^ (ones &* 0x22)
      let backslash = word ^ (ones &* 0x5c)
      let delete = word ^ (ones &* 0x7f)
      let found =
        (word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
        | (delete &- ones) & ~delete
      if found & (ones &* 0x80) != 0 { break }
      index &+= 8
    }
    while index < text.count {
      let byte = text[index]
      if byte < 0x20 || byte == 0x22 || byte == 0x5c || byte == 0x7f { return index }
      index &+= 1
    }
    return index
  }

  private static func appendSpecial(_ byte: UInt8, to output: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
    case 0x0a: output += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
    case 0x0d: output += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
    case 0x09: output += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
    default:
      let digits = Array("0123456789abcdef".utf8)
      output += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }

  private static func followingUnit(_ bytes: ArraySlice<UInt8>, at index: Int) -> UInt32? {
    guard index + 6 <= bytes.endIndex, bytes[index] == UInt8(ascii: "\\"),
      bytes[index + 1] == UInt8(ascii: "u")
    else { return nil }
    let value = unit(bytes, at: index + 2)
    return 0xdc00..<0xe000 ~= value ? value : nil
  }

  private static func unit(_ bytes: ArraySlice<UInt8>, at index: Int) -> UInt32 {
    bytes[index..<min(index + 4, bytes.endIndex)].reduce(0) { $0 << 4 | UInt32(digit($1) ?? 0) }
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }
}
