import History
import Linux
import Server

/// Sends a deployment's recorded events, and goes on as long as it grows. It reads at its client's own pace, so a
/// slow one costs nobody anything.
@MainLoop
final class LogStream {
  private let reader: LogReader
  private let follows: Bool
  private let writer: StreamWriter
  private var offset: Int64 = 0
  private var follower: Int?

  init(reader: LogReader, follows: Bool, writer: StreamWriter) {
    self.reader = reader
    self.follows = follows
    self.writer = writer
  }

  func start() {
    follower = reader.live?.follow { self.pump() }
    writer.onDrain = { self.pump() }
    writer.onClose = { self.stop() }
    pump()
  }

  private func pump() {
    guard !writer.isClosed else { return stop() }
    while writer.pending < 256 << 10 {
      // Asked first: what comes between the two is not to be missed.
      let isLast = reader.isFinished || !follows
      let lines = reader.lines(from: offset)
      if lines.isEmpty {
        if isLast {
          writer.finish()
          stop()
        }
        return
      }
      offset += Int64(lines.count)
      writer.write(lines)
    }
  }

  private func stop() {
    if let follower { reader.live?.unfollow(follower) }
    follower = nil
    writer.onDrain = nil
  }
}
