import Linux
import Log
import Synchronization

/// Lines of the access log on their way from the front's threads to the log.
final class AccessLogLines: Sendable {
  private struct Waiting {
    var bytes: [UInt8] = []
    var dropped = 0
    var isAnnounced = false
  }

  private let log: Log
  private let state = Mutex(Waiting())

  /// As much as the log itself keeps for a reader that is slow.
  private static let limit = 1 << 20

  init(_ log: Log) { self.log = log }

  func add(_ lines: [UInt8]) {
    let isFirst = state.withLock { waiting in
      if waiting.bytes.count < Self.limit {
        waiting.bytes += lines
      } else {
        waiting.dropped += lines.count { $0 == 0x0a }
      }
      defer { waiting.isAnnounced = true }
      return !waiting.isAnnounced
    }
    if isFirst { Task { @MainLoop in handOver() } }
  }

  @MainLoop
  private func handOver() {
    let waiting = state.withLock { waiting in
      defer { waiting = Waiting() }
      return waiting
    }
    log.write(lines: waiting.bytes, dropped: waiting.dropped)
  }
}
