import Glibc
import JSON
import Linux

/// The container's log. Nobody reading it must never stop PID 1: what cannot be written at once waits in a
/// bounded buffer, and what does not fit there is dropped and counted.
@MainLoop
package final class Log {
  package enum Format: String, Sendable { case text, json }
  package enum Level: String, Sendable { case info, warn, error }

  private let descriptor: Int32
  private let format: Format
  private let redactor: Redactor
  private var buffer: [UInt8] = []
  private var dropped = 0
  private var flushScheduled = false
  private var retryScheduled = false

  private static let bufferLimit = 1 << 20

  package init(format: Format, redactor: Redactor, descriptor: Int32 = STDOUT_FILENO) {
    self.format = format
    self.redactor = redactor
    self.descriptor = descriptor
  }

  package func write(_ level: Level, source: String, _ message: String) {
    let message = redactor.mask(message)
    let line: String
    switch format {
    case .text:
      let mark = level == .info ? "" : level.rawValue + ": "
      line = "\(Timestamp.now.iso8601()) \(source) | \(mark)\(message)\n"
    case .json:
      let entry: JSONValue = [
        "at": .string(Timestamp.now.iso8601()), "level": .string(level.rawValue), "source": .string(source),
        "message": .string(message),
      ]
      line = entry.text + "\n"
    }
    append(Array(line.utf8), lines: 1)
  }

  /// Lines that are complete as they stand, such as those of an access log, and how many of them did not even
  /// get here.
  package func write(lines: [UInt8], dropped missing: Int) {
    dropped += missing
    append(redactor.mask(lines), lines: lines.count { $0 == 0x0a })
  }

  private func append(_ bytes: [UInt8], lines: Int) {
    guard buffer.count < Self.bufferLimit else {
      dropped += lines
      return
    }
    buffer += bytes
    guard !flushScheduled else { return }
    flushScheduled = true
    EventLoop.main.atEndOfTurn { [self] in
      flushScheduled = false
      flush()
    }
  }

  /// Writes what can be written without waiting.
  package func flush() {
    var written = 0
    while written < buffer.count, isWritable {
      // A pipe that polls writable takes PIPE_BUF bytes without blocking; more it might not.
      let count = min(4096, buffer.count - written)
      let result = buffer.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), count)
      }
      if result > 0 {
        written += result
      } else if errno != EINTR {
        // Nobody can read it any more (EPIPE, EIO, a full disk behind a redirection): let it go.
        if errno != EAGAIN { written = buffer.count }
        break
      }
    }
    buffer.removeFirst(written)
    if buffer.isEmpty, dropped > 0 {
      let count = dropped
      dropped = 0
      write(.warn, source: "log", "\(count) lines were dropped because nothing read the log")
    }
    if !buffer.isEmpty { scheduleRetry() }
  }

  private var isWritable: Bool {
    var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&poller, 1, 0) == 1
  }

  private func scheduleRetry() {
    guard !retryScheduled else { return }
    retryScheduled = true
    EventLoop.main.after(.milliseconds(20)) { [self] in
      retryScheduled = false
      flush()
    }
  }
}

/// A log under the name of the part that speaks.
@MainLoop
package struct Logger {
  private let log: Log
  private let source: String

  package init(_ log: Log, source: String) {
    self.log = log
    self.source = source
  }

  package func named(_ source: String) -> Logger { Logger(log, source: source) }

  package func info(_ message: String) { log.write(.info, source: source, message) }
  package func warn(_ message: String) { log.write(.warn, source: source, message) }
  package func error(_ message: String) { log.write(.error, source: source, message) }
}
