import Linux

/// Reads one recorded stream from any place, while it grows and after it has ended.
@MainLoop
package final class LogReader {
  /// nil for one that had ended when the reader was made.
  package let live: DeploymentLog?
  private let open: @MainLoop () -> LogFile?
  private var file: LogFile?

  init(live: DeploymentLog?, open: @escaping @MainLoop () -> LogFile?) {
    self.live = live
    self.open = open
  }

  /// Nothing will be added any more.
  package var isFinished: Bool { live?.isFinished ?? true }

  /// What there is to read (by now), in bytes of text.
  package var size: Int64 { live?.size ?? ended?.size ?? 0 }

  /// Whole lines that begin at `offset`, about `limit` bytes of them; empty where there is nothing (yet).
  package func lines(from offset: Int64, limit: Int = 64 << 10) -> [UInt8] {
    var count = limit
    while true {
      let bytes = read(at: offset, count)
      if let end = bytes.lastIndex(of: 0x0a) {
        return end + 1 == bytes.count ? bytes : Array(bytes[...end])
      }
      // A line that is longer than that.
      guard bytes.count == count, count < 64 << 20 else { return [] }
      count *= 2
    }
  }

  /// Whether an event begins, or may yet begin, there. An id that a client sends may be any number.
  package func isStart(_ offset: Int64) -> Bool {
    if offset == 0 { return true }
    return offset > 0 && offset <= size && read(at: offset - 1, 1) == [0x0a]
  }

  private func read(at offset: Int64, _ count: Int) -> [UInt8] {
    live?.read(at: offset, count) ?? ended?.read(at: offset, count) ?? []
  }

  private var ended: LogFile? {
    if file == nil { file = open() }
    return file
  }
}
