import CZlib

/// Makes blocks, one after the other, with one set of tables.
package final class GzipBlockWriter {
  /// zlib remembers where it is.
  private let stream: UnsafeMutablePointer<z_stream>
  private var output = [UInt8](repeating: 0, count: 65536)

  /// nil without the memory for it. Fast rather than small: logs are ten times smaller either way.
  package init?(level: Int32 = 1) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let size = Int32(MemoryLayout<z_stream>.size)
    guard deflateInit2_(stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
    else {
      stream.deallocate()
      return nil
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// `text`: at most `GzipBlocks.textLength` bytes.
  package func append(_ text: UnsafeRawBufferPointer, to file: inout [UInt8]) {
    precondition(text.count <= GzipBlocks.textLength)
    deflateReset(stream)
    let bytes = UnsafeMutableRawPointer(mutating: text.baseAddress)?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.next_in = bytes
    stream.pointee.avail_in = UInt32(clamping: text.count)
    let count = output.withUnsafeMutableBufferPointer { output in
      stream.pointee.next_out = output.baseAddress
      stream.pointee.avail_out = UInt32(clamping: output.count)
      deflate(stream, Z_FINISH)
      return output.count - Int(stream.pointee.avail_out)
    }
    let sum = UInt32(truncatingIfNeeded: crc32(0, bytes, UInt32(clamping: text.count)))
    file += GzipBlocks.header(length: GzipBlocks.headerLength + count + GzipBlocks.trailerLength)
    file += output[..<count]
    for number in [sum, UInt32(clamping: text.count)] {
      withUnsafeBytes(of: number.littleEndian) { file.append(contentsOf: $0) }
    }
  }
}
