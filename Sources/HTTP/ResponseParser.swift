package struct ResponseHead: Sendable {
  package let status: Int
  package let headers: Headers
}

/// One response out of bytes in any portions, for a probe and for the commands. The body comes in pieces.
package struct ResponseParser {
  package enum Event: Sendable {
    case needMore
    case head(ResponseHead)
    case body([UInt8])
    case end
    case failure(HTTPFailure)
  }

  private static let headLimit = 64 << 10

  private let method: String
  private var queue = ByteQueue()
  private var status: (code: Int, isHTTP10: Bool)?
  private var headers = Headers()
  private var body: BodyDecoder?
  private var isClosed = false
  private var isDone = false
  private var failure: HTTPFailure?

  package init(method: String = "GET") { self.method = method }

  package mutating func feed(_ bytes: UnsafeRawBufferPointer) { queue.append(bytes) }

  /// The peer has closed: what is not complete by now never will be.
  package mutating func close() { isClosed = true }

  package mutating func next() -> Event {
    if let failure { return .failure(failure) }
    if isDone { return .end }
    defer { queue.compact() }
    do throws(HTTPFailure) {
      let event = body == nil ? try nextOfHead() : try nextOfBody()
      if case .needMore = event, isClosed {
        throw .malformed("The connection was closed within the response.")
      }
      return event
    } catch {
      failure = error
      return .failure(error)
    }
  }

  private mutating func nextOfBody() throws(HTTPFailure) -> Event {
    isDone = try body?.decode(&queue, limit: .max) ?? true
    if let piece = body?.takeBody(), !piece.isEmpty {
      return .body(piece)
    }
    if isClosed, body?.endsWithConnection == true { isDone = true }
    return isDone ? .end : .needMore
  }

  private mutating func nextOfHead() throws(HTTPFailure) -> Event {
    while true {
      switch queue.takeLine(limit: Self.headLimit) {
      case .incomplete: return .needMore
      case .tooLong: throw .malformed("The response's headers are too large.")
      case .bareLineFeed: throw .malformed("A line of the response's head does not end with CR LF.")
      case .line(let line):
        guard let status else {
          status = try Self.parseStatusLine(line)
          continue
        }
        if !line.isEmpty {
          guard headers.byteCount + line.count <= Self.headLimit else {
            throw .malformed("The response's headers are too large.")
          }
          try headers.append(line: line)
        } else if let head = try finishHead(status.code, isHTTP10: status.isHTTP10) {
          return .head(head)
        }
      }
    }
  }

  /// nil after an interim response, which only announces the real one.
  private mutating func finishHead(_ code: Int, isHTTP10: Bool) throws(HTTPFailure) -> ResponseHead? {
    defer { headers = Headers() }
    if code < 200, code != 101 {
      status = nil
      return nil
    }
    let isBodiless = method == "HEAD" || code < 200 || code == 204 || code == 304
    let framing = try headers.framing(isHTTP10: isHTTP10) ?? .untilClose
    body = BodyDecoder(isBodiless ? .length(0) : framing)
    return ResponseHead(status: code, headers: headers)
  }

  private static func parseStatusLine(_ line: ArraySlice<UInt8>) throws(HTTPFailure) -> (Int, Bool) {
    let parts = line.split(separator: ASCII.space, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[1].count == 3, parts[1].allSatisfy(ASCII.isDigit),
      let code = Int(String(decoding: parts[1], as: UTF8.self)), code >= 100, line.allSatisfy(ASCII.isText)
    else { throw .malformed("This is not an HTTP response.") }
    if parts[0].elementsEqual("HTTP/1.1".utf8) { return (code, false) }
    if parts[0].elementsEqual("HTTP/1.0".utf8) { return (code, true) }
    throw .malformed("This is not an HTTP/1.1 response.")
  }
}
