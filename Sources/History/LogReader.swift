import Glibc
import Linux

/// Reads one recorded stream from any place, while it grows and after it has ended.
@MainLoop
package final class LogReader {
  private let path: String
  /// nil for one that had ended when the reader was made.
  package let live: DeploymentLog?
  private var file: FileDescriptor?

  init(path: String, live: DeploymentLog?) {
    self.path = path
    self.live = live
  }

  /// Nothing will be added any more.
  package var isFinished: Bool { live?.isFinished ?? true }

  /// Whole lines that begin at `offset`, about `limit` bytes of them; empty where there is nothing (yet).
  package func lines(from offset: Int64, limit: Int = 64 << 10) -> [UInt8] {
    var count = limit
    while true {
      let bytes = read(at: offset, count)
      if let end = bytes.lastIndex(of: 0x0a) { return Array(bytes[...end]) }
      // A line that is longer than that.
      guard bytes.count == count, count < 64 << 20 else { return [] }
      count *= 2
    }
  }

  /// Whether an event begins, or may yet begin, there. An id that a client sends may be any number.
  package func isStart(_ offset: Int64) -> Bool {
    if offset == 0 { return true }
    return offset > 0 && read(at: offset - 1, 1) == [0x0a]
  }

  private func read(at offset: Int64, _ count: Int) -> [UInt8] {
    if file == nil { file = try? FileDescriptor.open(path, O_RDONLY) }
    guard let file else { return [] }
    var bytes = [UInt8](repeating: 0, count: count)
    let got = bytes.withUnsafeMutableBytes { pread(file.raw, $0.baseAddress, $0.count, off_t(offset)) }
    return Array(bytes.prefix(max(0, got)))
  }
}
