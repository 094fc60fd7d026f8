import HTTP
import History
import Linux
import Server

/// Everybody who reads a deployment's stream.
@MainLoop
final class EventStreams {
  typealias Headers = [(name: String, value: String)]

  private let manager: any ManagerPort
  private let heartbeat: Duration
  private let blocks = EventBlocks()
  private var feeds: [Int64: LogFeed] = [:]
  private var readers = 0

  init(manager: any ManagerPort, heartbeat: Duration) {
    self.manager = manager
    self.heartbeat = heartbeat
  }

  /// As server-sent events, from behind the event that the reader says it saw last. `onEnd` hears whether the stream
  /// was sent to its end.
  func follow(
    _ id: Int64, lastSeen: String?, _ responder: Responder, opening: [UInt8] = [],
    onEnd: @escaping @MainLoop (Bool) -> Void = { _ in }
  ) -> Response? {
    let reader = manager.logs.reader(of: id)
    let offset = Self.offset(lastSeen, reader)
    if reader.isFinished, blocks.frames(of: id, from: offset, reader) == nil {
      onEnd(true)
      // An EventSource comes back for ever, except after this.
      return Response(204)
    }
    let headers: Headers = [
      ("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"),
    ]
    let writer = responder.stream(Response(200, headers: headers))
    writer.write(opening)
    let pump = LogPump(reader, from: offset, follows: true, to: writer) { [blocks] reader, offset in
      blocks.frames(of: id, from: offset, reader).map { ($0.bytes, $0.end) }
    }
    start(pump, of: id, reader, heartbeat: heartbeat, onEnd)
    return nil
  }

  /// As text, or the lines as they were recorded.
  func download(_ id: Int64, asText: Bool, follows: Bool, _ headers: Headers, _ responder: Responder) {
    let reader = manager.logs.reader(of: id)
    let writer = responder.stream(Response(200, headers: headers))
    let pump = LogPump(reader, from: 0, follows: follows, to: writer) { reader, offset in
      let lines = reader.lines(from: offset, limit: 32 << 10)
      if lines.isEmpty { return nil }
      return (asText ? LogText.text(of: lines) : lines, offset + Int64(lines.count))
    }
    start(pump, of: id, reader, heartbeat: nil) { _ in }
  }

  private func start(
    _ pump: LogPump, of id: Int64, _ reader: LogReader, heartbeat: Duration?,
    _ onEnd: @escaping @MainLoop (Bool) -> Void
  ) {
    readers += 1
    pump.onEnd = { [self] isComplete in
      readers -= 1
      if feeds[id]?.isEmpty == true { feeds.removeValue(forKey: id)?.close() }
      if readers == 0 { blocks.forget() }
      onEnd(isComplete)
    }
    pump.start(feed: reader.live.map { feed(of: id, $0) }, heartbeat: heartbeat)
  }

  private func feed(of id: Int64, _ log: DeploymentLog) -> LogFeed {
    if let known = feeds[id] { return known }
    let feed = LogFeed(log) { [blocks] in blocks.changed() }
    feeds[id] = feed
    return feed
  }

  /// Of an id that makes no sense: the beginning.
  private static func offset(_ lastSeen: String?, _ reader: LogReader) -> Int64 {
    guard let lastSeen, lastSeen.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let offset = Int64(lastSeen), reader.isStart(offset)
    else { return 0 }
    return offset
  }
}
