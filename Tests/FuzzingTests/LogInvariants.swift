import Crypto
import Gzip
import Linux

@testable import History

#if canImport(Control)
  @testable import Control
#endif

/// Recorded streams, whole and damaged.
enum LogInvariants {
  static func violation(_ bytes: [UInt8]) -> String? {
    // So that the corpus is text also where it is compressed.
    let text = String(decoding: bytes, as: UTF8.self)
    if text.hasPrefix("hex:"), let inner = Hex.decode(String(text.dropFirst(4))) { return wrong(inner) }
    return wrong(bytes)
  }

  private static func wrong(_ bytes: [UInt8]) -> String? {
    if let problem = wrong(packing: bytes) { return problem }
    _ = LogText.text(of: bytes)
    for ending in ["", ".gz"] {
      guard let path = StateInvariants.write(bytes, to: "1.log" + ending) else { return "no folder" }
      defer { _ = try? Files.remove(path) }
      let log = Files.parent(of: path) + "/1.log"
      var dice = Dice(bytes)
      if let problem = MainLoop.assumeIsolated({ wrong(file: log, &dice) }) { return problem }
    }
    return nil
  }

  @MainLoop private static func wrong(file path: String, _ dice: inout Dice) -> String? {
    guard let file = LogFile(log: path) else { return "a log that is there is not found" }
    guard file.size >= 0, file.size <= 64 << 20 else { return "a log of \(file.size) bytes" }
    let whole = file.read(at: 0, Int(file.size))
    for _ in 0..<4 {
      let offset = Int64.random(in: -1...(file.size + 1), using: &dice)
      let count = Int.random(in: 0...200, using: &dice)
      let part = file.read(at: offset, count)
      if part.count > count { return "more was read than was asked for" }
      if offset >= 0, Int(offset) + part.count <= whole.count,
        !part.elementsEqual(whole[Int(offset)..<(Int(offset) + part.count)])
      {
        return "a part that is not of the whole"
      }
    }
    let reader = LogReader(live: nil) { LogFile(log: path) }
    let lines = reader.lines(from: 0, limit: 64)
    if !lines.isEmpty, lines.last != 0x0a || !whole.starts(with: lines) { return "half a line" }
    for offset in [Int64(-1), 0, 1, file.size, .max, .min] where reader.isStart(offset) {
      if offset < 0 || offset > file.size { return "a start at \(offset)" }
    }
    return nil
  }

  private static func wrong(packing bytes: [UInt8]) -> String? {
    _ = GzipBlocks.text(of: bytes)
    guard let writer = GzipBlockWriter() else { return "no memory" }
    var packed: [UInt8] = []
    let text = bytes + [0x0a]
    text.withUnsafeBytes { writer.append($0, to: &packed) }
    guard GzipBlocks.text(of: packed) == text else { return "a block came back as another" }
    // A damaged block is seen to be.
    guard let first = bytes.first, packed.count > GzipBlocks.headerLength else { return nil }
    let place = GzipBlocks.headerLength + Int(first) % (packed.count - GzipBlocks.headerLength)
    packed[place] ^= 1 << (first % 8)
    let damaged = GzipBlocks.text(of: packed)
    return damaged == nil || damaged == text ? nil : "a damaged block gives another text"
  }
}
