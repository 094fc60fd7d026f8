import CZlib

/// gzip of which each part can be read without those before it: members of at most 64 KiB of text that tell their
/// own length in a field that others skip (BGZF). `zcat` reads all of it.
package enum GzipBlocks {
  /// What a block has of text, so that it fits into 64 KiB even where nothing can be compressed.
  package static let textLength = 65280
  package static let headerLength = 18
  package static let trailerLength = 8

  /// An empty block, which says that nothing was cut off.
  package static let end: [UInt8] = header(length: 28) + [3, 0] + [UInt8](repeating: 0, count: 8)

  static func header(length: Int) -> [UInt8] {
    let last = length - 1
    return [
      0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, UInt8(ascii: "B"), UInt8(ascii: "C"), 2, 0,
      UInt8(truncatingIfNeeded: last), UInt8(truncatingIfNeeded: last >> 8),
    ]
  }

  /// How long a block is that begins with these bytes; nil when none does.
  package static func length(of header: UnsafeRawBufferPointer) -> Int? {
    guard header.count >= headerLength, header.starts(with: Self.header(length: 1).prefix(16)) else {
      return nil
    }
    let length = Int(header[16]) + Int(header[17]) << 8 + 1
    return length >= headerLength + trailerLength ? length : nil
  }

  /// How much text a block has that ends with these bytes; nil where it cannot be right.
  package static func textLength(_ end: UnsafeRawBufferPointer) -> Int? {
    guard end.count >= 4 else { return nil }
    let length = Int(UInt32(littleEndian: end.loadUnaligned(fromByteOffset: end.count - 4, as: UInt32.self)))
    return length <= 65536 ? length : nil
  }

  /// The text of one whole block; nil when it is damaged.
  package static func text(of block: [UInt8]) -> [UInt8]? {
    guard block.count >= headerLength + trailerLength, let count = block.withUnsafeBytes(textLength) else {
      return nil
    }
    var stream = z_stream()
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      return nil
    }
    defer { inflateEnd(&stream) }
    var block = block
    // One byte more, for a block that holds more than it says.
    var text = [UInt8](repeating: 0, count: count + 1)
    let code = block.withUnsafeMutableBufferPointer { input in
      text.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress.map { $0 + headerLength }
        stream.avail_in = UInt32(clamping: input.count - headerLength - trailerLength)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(clamping: output.count)
        return inflate(&stream, Z_FINISH)
      }
    }
    guard code == Z_STREAM_END, stream.avail_out == 1 else { return nil }
    text.removeLast()
    let sum = block.withUnsafeBytes {
      UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: $0.count - trailerLength, as: UInt32.self))
    }
    return UInt32(truncatingIfNeeded: crc32(0, text, UInt32(clamping: count))) == sum ? text : nil
  }
}
