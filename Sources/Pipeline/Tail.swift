import Linux

/// The last lines of a command, for the sentence about its failure. What it keeps them in is used again and again.
@MainLoop
final class Tail {
  private var kept: [[UInt8]] = []
  private var oldest = 0

  private static let count = 40
  private static let longest = 2048

  func add(_ line: UnsafeRawBufferPointer) {
    if kept.count < Self.count {
      kept.append(Array(line.prefix(Self.longest)))
    } else {
      kept[oldest].removeAll(keepingCapacity: true)
      kept[oldest].append(contentsOf: line.prefix(Self.longest))
      oldest = (oldest + 1) % Self.count
    }
  }

  var lines: [String] { (kept[oldest...] + kept[..<oldest]).map { String(decoding: $0, as: UTF8.self) } }
}
