import Glibc
import Gzip
import Linux

/// A recorded stream that has ended, read by offsets into its text, whether the file is compressed or not. Its
/// readers share it.
@MainLoop
final class LogFile {
  private struct Block {
    let offset: Int64
    let length: Int
    let text: Int64
  }

  /// Up to the end of the last whole line.
  let size: Int64
  private let file: FileDescriptor
  /// nil for a plain one.
  private let blocks: [Block]?
  /// Those used last, the newest at the end: readers go forwards, and some of them together.
  private var unpacked: [(number: Int, text: [UInt8])] = []

  private static let kept = 4

  init?(log path: String) {
    if let packed = Self.openPacked(path) {
      (file, blocks, size) = packed
    } else if let plain = try? FileDescriptor.open(path, O_RDONLY) {
      (file, blocks, size) = (plain, nil, plain.endOfLastLine)
    } else if let packed = Self.openPacked(path) {
      // It was replaced between the two.
      (file, blocks, size) = packed
    } else {
      return nil
    }
  }

  private static func openPacked(_ path: String) -> (FileDescriptor, [Block]?, Int64)? {
    guard let file = try? FileDescriptor.open(path + ".gz", O_RDONLY) else { return nil }
    var blocks: [Block] = []
    var offset: Int64 = 0
    var text: Int64 = 0
    var header = file.read(at: 0, GzipBlocks.headerLength)
    while let length = header.withUnsafeBytes(GzipBlocks.length) {
      // What ends this one and begins the next.
      let seam = file.read(at: offset + Int64(length) - 4, 4 + GzipBlocks.headerLength)
      guard let count = Array(seam.prefix(4)).withUnsafeBytes(GzipBlocks.textLength) else { break }
      if count > 0 { blocks.append(Block(offset: offset, length: length, text: text)) }
      offset += Int64(length)
      text += Int64(count)
      header = Array(seam.dropFirst(4))
    }
    return (file, blocks, text)
  }

  func read(at offset: Int64, _ count: Int) -> [UInt8] {
    guard offset >= 0, offset < size else { return [] }
    let count = Int(min(Int64(count), size - offset))
    guard let blocks else { return file.read(at: offset, count) }
    var bytes: [UInt8] = []
    var number = Self.index(of: offset, in: blocks)
    while bytes.count < count, blocks.indices.contains(number) {
      guard let text = text(of: number, blocks[number]) else { break }
      let first = Int(offset + Int64(bytes.count) - blocks[number].text)
      guard first < text.count else { break }
      bytes += text[first...].prefix(count - bytes.count)
      number += 1
    }
    return bytes
  }

  /// The last that begins there or before.
  private static func index(of offset: Int64, in blocks: [Block]) -> Int {
    var (low, high) = (0, blocks.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if blocks[middle].text <= offset { low = middle } else { high = middle }
    }
    return low
  }

  private func text(of number: Int, _ block: Block) -> [UInt8]? {
    if let known = unpacked.last(where: { $0.number == number }) { return known.text }
    guard let text = GzipBlocks.text(of: file.read(at: block.offset, block.length)) else { return nil }
    if unpacked.count >= Self.kept { unpacked.removeFirst() }
    unpacked.append((number, text))
    return text
  }
}
