import Linux

/// Reads a child's output pipe, one bounded piece a turn, so that a flood from one child leaves the loop's
/// turns to the others.
@MainLoop
final class OutputReader {
  private let pipe: FileDescriptor
  private var registration: EventLoop.Registration?
  private var splitter = LineSplitter()
  private let onLine: @MainLoop (UnsafeRawBufferPointer) -> Void
  private var keptBytes = 0
  private let limit: Int

  private static let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)

  /// `limit`: bytes after which output is read but no longer kept.
  init(
    _ pipe: FileDescriptor, limit: Int = .max, onLine: @escaping @MainLoop (UnsafeRawBufferPointer) -> Void
  ) throws(SystemError) {
    self.pipe = pipe
    self.limit = limit
    self.onLine = onLine
    pipe.setNonBlocking()
    registration = try EventLoop.main.add(pipe.raw, .read) { [weak self] _ in _ = self?.readOnce() }
  }

  /// After the child's end: what it has written, then no more, even if a daemon keeps the pipe open.
  func finish() {
    for _ in 0..<64 { if !readOnce() { break } }
    splitter.finish(onLine)
    stop()
  }

  private func readOnce() -> Bool {
    guard registration != nil else { return false }
    do throws(SystemError) {
      guard let count = try pipe.read(into: Self.scratch) else { return false }
      guard count > 0 else {
        splitter.finish(onLine)
        stop()
        return false
      }
      take(count)
      return true
    } catch {
      stop()
      return false
    }
  }

  private func take(_ count: Int) {
    if keptBytes > limit { return }
    keptBytes += count
    splitter.feed(UnsafeRawBufferPointer(rebasing: Self.scratch[..<count]), onLine)
    if keptBytes > limit {
      splitter = LineSplitter()
      let note = "… it printed more than \(describe(bytes: Int64(limit))); the rest is not kept"
      Array(note.utf8).withUnsafeBytes(onLine)
    }
  }

  private func stop() {
    if let registration { EventLoop.main.remove(registration) }
    registration = nil
    pipe.close()
  }
}
