/// HTTP/1.1 requests out of bytes in any portions. What two readers could frame differently is refused.
///
/// Feed it, then call `next` until it needs more. After a failure it stays failed.
package struct RequestParser {
  package enum Event: Sendable {
    case needMore
    /// The body follows; `bodyLimit` may still be changed.
    case head(RequestHead)
    case complete(Request)
    case failure(HTTPFailure)
  }

  package enum Phase: Sendable {
    /// Nothing of the next request has come.
    case idle
    case head
    case body
    case failed
  }

  private static let headLimit = 32 << 10
  private static let targetLimit = 8 << 10
  private static let lineLimit = targetLimit + 64
  private static let fieldLimit = 100

  package var bodyLimit: Int

  private let defaultBodyLimit: Int
  private var queue = ByteQueue()
  private var line: RequestLine?
  private var skippedEmptyLine = false
  private var headers = Headers()
  private var head: RequestHead?
  private var body = BodyDecoder(.length(0))
  private var failure: HTTPFailure?

  package init(bodyLimit: Int) {
    self.bodyLimit = bodyLimit
    defaultBodyLimit = bodyLimit
  }

  package var phase: Phase {
    if failure != nil { return .failed }
    if head != nil { return .body }
    return line == nil && queue.count == 0 ? .idle : .head
  }

  /// How much memory the unfinished request holds.
  package var bufferedBytes: Int { queue.count + body.body.count }

  /// Whether some of the body has come, so that its sender waits for no 100 Continue.
  package var hasBodyBytes: Bool { bufferedBytes > 0 }

  package mutating func feed(_ bytes: UnsafeRawBufferPointer) { queue.append(bytes) }

  package mutating func next() -> Event {
    if let failure { return .failure(failure) }
    defer { queue.compact() }
    do throws(HTTPFailure) {
      return if let head { try nextOfBody(head) } else { try nextOfHead() }
    } catch {
      failure = error
      return .failure(error)
    }
  }

  private mutating func nextOfBody(_ head: RequestHead) throws(HTTPFailure) -> Event {
    if let length = head.contentLength, length > bodyLimit { throw .tooLarge(bodyLimit) }
    guard try body.decode(&queue, limit: bodyLimit) else { return .needMore }
    let request = Request(head: head, body: body.takeBody())
    self.head = nil
    skippedEmptyLine = false
    bodyLimit = defaultBodyLimit
    return .complete(request)
  }

  private mutating func nextOfHead() throws(HTTPFailure) -> Event {
    while true {
      guard let line else {
        guard try parseRequestLine() else { return .needMore }
        continue
      }
      switch queue.takeLine(limit: Self.headLimit) {
      case .incomplete: return .needMore
      case .tooLong: throw .headTooLarge
      case .bareLineFeed: throw .malformed("A header line does not end with CR LF.")
      case .line(let bytes) where bytes.isEmpty: return .head(try finishHead(line))
      case .line(let bytes):
        guard headers.count < Self.fieldLimit, headers.byteCount + bytes.count <= Self.headLimit else {
          throw .headTooLarge
        }
        try headers.append(line: bytes)
      }
    }
  }

  private mutating func parseRequestLine() throws(HTTPFailure) -> Bool {
    // At once: what is no text at all, such as TLS, may never send a line feed.
    if let first = queue.first, !ASCII.isToken(first), first != ASCII.carriageReturn {
      throw .malformed("This is not an HTTP request.")
    }
    switch queue.takeLine(limit: Self.lineLimit) {
    case .incomplete: return false
    case .tooLong: throw HTTPFailure(414, "The request's target is longer than 8 KiB.")
    case .bareLineFeed: throw .malformed("The request line does not end with CR LF.")
    case .line(let bytes) where bytes.isEmpty && !skippedEmptyLine:
      // Some clients send one after a body (RFC 9112, 2.2).
      skippedEmptyLine = true
      return true
    case .line(let bytes):
      line = try RequestLine(bytes)
      headers.reserve(bytes: min(queue.count, 1024), fields: 24)
      return true
    }
  }

  private mutating func finishHead(_ line: RequestLine) throws(HTTPFailure) -> RequestHead {
    let head = RequestHead(
      method: line.method, path: line.path, rawQuery: line.query, headers: headers, isHTTP10: line.isHTTP10,
      expectsContinue: try headers.expectsContinue(isHTTP10: line.isHTTP10),
      framing: try headers.framing(isHTTP10: line.isHTTP10) ?? .length(0))
    try headers.checkHost(isHTTP10: line.isHTTP10)
    self.line = nil
    self.headers = Headers()
    self.head = head
    body = BodyDecoder(head.framing)
    return head
  }
}

extension HTTPFailure {
  static let headTooLarge = HTTPFailure(431, "The request's headers are larger than is accepted here.")
}
