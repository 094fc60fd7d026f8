import History
import Linux
import Server

/// Sends a recorded stream to one reader, at the reader's own pace: what it does not take stays in the record.
@MainLoop
final class LogPump {
  /// What is there from a place on, and where that ends; nil where there is nothing (yet).
  typealias Next = @MainLoop (LogReader, Int64) -> (bytes: [UInt8], end: Int64)?

  /// Called once, when nothing more will be sent: `true` after the end of the stream.
  var onEnd: (@MainLoop (_ isComplete: Bool) -> Void)?

  private let reader: LogReader
  private let writer: StreamWriter
  private let follows: Bool
  private let next: Next
  private var offset: Int64
  private var isScheduled = false
  /// There may be more to read than the reader has taken.
  private var isBehind = false
  private var isOver = false
  private var feed: LogFeed?
  private var heartbeat: (interval: Duration, timer: TimerToken?)?
  private var lastWrite = ContinuousClock.Instant.now

  /// More than this waits in the record, not in memory.
  private static let backlog = 64 << 10
  private static let beat = Array(": heartbeat\n\n".utf8)

  init(_ reader: LogReader, from offset: Int64, follows: Bool, to writer: StreamWriter, next: @escaping Next)
  {
    self.reader = reader
    self.offset = offset
    self.follows = follows
    self.writer = writer
    self.next = next
  }

  func start(feed: LogFeed?, heartbeat interval: Duration?) {
    // Gone already, or it asked for the head alone.
    guard !writer.isClosed else { return end(isComplete: false) }
    if follows, let feed {
      self.feed = feed
      feed.add(self)
    }
    writer.onDrain = { self.schedule() }
    writer.onClose = { self.end(isComplete: false) }
    if let interval {
      heartbeat = (interval, nil)
      beat(after: interval)
    }
    pump()
  }

  func pump() {
    guard !isOver else { return }
    isBehind = false
    while writer.pending < Self.backlog {
      // Asked first: what comes between the two is not to be missed.
      let isLast = reader.isFinished || !follows
      guard let piece = next(reader, offset) else {
        if isLast { end(isComplete: true) }
        return
      }
      offset = piece.end
      guard !piece.bytes.isEmpty else { continue }
      lastWrite = .now
      writer.write(piece.bytes)
    }
    isBehind = true
  }

  /// Not at once: a fast reader of a long stream would keep everybody else waiting.
  private func schedule() {
    guard isBehind, !isScheduled, !isOver else { return }
    isScheduled = true
    EventLoop.main.after(.zero) {
      self.isScheduled = false
      self.pump()
    }
  }

  private func beat(after delay: Duration) {
    heartbeat?.timer = EventLoop.main.after(delay) { [weak self] in
      guard let self, !isOver, let interval = heartbeat?.interval else { return }
      let silence = ContinuousClock.Instant.now - lastWrite
      if silence < interval { return beat(after: interval - silence) }
      // Who has not taken the last thing needs no sign of life but gives one.
      if writer.pending == 0 {
        lastWrite = .now
        writer.write(Self.beat)
      }
      beat(after: interval)
    }
  }

  private func end(isComplete: Bool) {
    guard !isOver else { return }
    isOver = true
    heartbeat?.timer?.cancel()
    feed?.remove(self)
    feed = nil
    if isComplete { writer.finish() }
    writer.onDrain = nil
    writer.onClose = nil
    let told = onEnd
    onEnd = nil
    told?(isComplete)
  }
}
