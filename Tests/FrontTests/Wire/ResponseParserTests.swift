import Testing

@testable import Front

@Suite struct ResponseParserTests {
  private func expect(
    _ verdict: Verdict, _ text: String, at location: SourceLocation = #_sourceLocation
  ) {
    let bytes = Array(text.utf8)
    #expect(Responses().verdict(text) == verdict, sourceLocation: location)
    let everyByte = Array(1...bytes.count)
    #expect(Responses().verdict(bytes, upTo: everyByte) == verdict, "byte by byte", sourceLocation: location)
    for split in everyByte {
      let halves = Responses().verdict(bytes, upTo: [split, bytes.count])
      #expect(halves == verdict, "split at \(split)", sourceLocation: location)
    }
  }

  @Test(arguments: [
    "HTTP/1.1 099 X", "HTTP/1.1 600 X", "HTTP/1.1 20 X", "HTTP/1.1 2000 X", "HTTP/1.1 2x0 X",
    "HTTP/1.1  200 X",
    "HTTP/1.1\t200 X", "HTTP/1.1 200\tX", "HTTP/2.0 200 X", "HTTP/1.2 200 X", "HTTP/0.9 200 X",
    "http/1.1 200 X",
    "HTTP/1.10 200 X", "HTTP/1.1 +20 X", "HTTP/1.1 -20 X", "HTTP/1.1 200 X\0", "HTTP/1.1 200 X\rY",
    "HTTP/1.1 ",
    "HTTP/1.1", "", " HTTP/1.1 200 X", "\r\nHTTP/1.1 200 X", "ICY 200 OK", "{\"a\":1}",
    "HTTP/1.1 200 X\u{7f}",
    "HTTP/1.1 000 X", "HTTP/1.1 200X",
  ])
  func `a status line has one form`(line: String) {
    expect(.refused(502), "\(line)\r\nContent-Length: 0\r\n\r\n")
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\n", "HTTP/1.1 200 OK\r\nA: b\n", "HTTP/1.1 200 OK\r\n\n", "\n", "<html>",
    "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
    "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n", "HTTP/1.1 200 OK\r\nA\r\n\r\n", "HTTP/1.1 200 OK\r\nÄ: b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
  ])
  func `a field has one form`(text: String) {
    expect(.refused(502), text)
  }

  @Test(arguments: [
    "Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
    "Content-Length: 5, 5\r\n", "Content-Length: \r\n", "Content-Length: -1\r\n", "Content-Length: +1\r\n",
    "Content-Length: 0x1\r\n", "Content-Length: 9223372036854775808\r\n",
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n",
    "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n", "Transfer-Encoding:\r\n",
    "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: xchunked\r\n",
  ])
  func `one thing says how long a body is`(fields: String) {
    expect(.refused(502), "HTTP/1.1 200 OK\r\n\(fields)\r\n")
    // Nor is it passed on where there is no body.
    #expect(Responses().verdict("HTTP/1.1 304 OK\r\n\(fields)\r\n") == .refused(502))
    #expect(Responses().verdict("HTTP/1.1 200 OK\r\n\(fields)\r\n", to: .head) == .refused(502))
  }

  @Test func `HTTP 1 0 knows no transfer codings`() {
    expect(.refused(502), "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK", "HTTP/1.0 404 Not \t Found", "HTTP/1.1 599 ", "HTTP/1.1 200", "HTTP/1.1 100 é",
  ])
  func `a reason may be anything, and nothing`(line: String) {
    expect(.complete, "\(line)\r\nA: b\r\nC:\r\n\r\n")
    expect(.complete, "\(line)\r\n\r\n")
    for count in 0..<line.utf8.count + 2 {
      #expect(
        Responses().verdict(String(decoding: Array("\(line)\r\n\r\n".utf8).prefix(count), as: UTF8.self))
          == .incomplete)
    }
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK", "Content-Length: 5", Method.get, Framing.length, 5),
    ("HTTP/1.1 200 OK", "Content-Length: 0", .get, .none, 0),
    ("HTTP/1.1 200 OK", "Transfer-Encoding: Chunked", .post, .chunked, 0),
    ("HTTP/1.1 200 OK", "A: b", .get, .untilClose, 0), ("HTTP/1.0 200 OK", "A: b", .get, .untilClose, 0),
    ("HTTP/1.1 200 OK", "Content-Length: 5", .head, .none, 5), ("HTTP/1.1 200 OK", "A: b", .head, .none, 0),
    ("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", .head, .none, 0),
    ("HTTP/1.1 204 OK", "Content-Length: 5", .get, .none, 5),
    ("HTTP/1.1 304 OK", "Content-Length: 5", .get, .none, 5),
    ("HTTP/1.1 304 OK", "A: b", .get, .none, 0), ("HTTP/1.1 100 OK", "A: b", .get, .none, 0),
    ("HTTP/1.1 103 OK", "Link: b", .get, .none, 0), ("HTTP/1.1 101 OK", "Upgrade: b", .get, .none, 0),
    ("HTTP/1.1 205 OK", "Content-Length: 5", .get, .length, 5),
  ])
  func `the body is framed as status, method and fields say`(
    line: String, field: String, method: Method, framing: Framing, length: Int
  ) {
    let responses = Responses()
    #expect(responses.verdict("\(line)\r\n\(field)\r\n\r\n", to: method) == .complete)
    #expect(responses.head.framing == framing)
    #expect(responses.head.contentLength == UInt64(length))
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK", "Content-Length: 1", true),
    ("HTTP/1.1 200 OK", "Content-Length: 1\r\nConnection: close", false),
    ("HTTP/1.0 200 OK", "Content-Length: 1", false),
    ("HTTP/1.0 200 OK", "Content-Length: 1\r\nConnection: keep-alive", true),
    ("HTTP/1.1 200 OK", "A: b", false),
    ("HTTP/1.1 204 No", "A: b", true), ("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", true),
  ])
  func `the app keeps its connection when it says so and can`(line: String, field: String, keeps: Bool) {
    let responses = Responses()
    #expect(responses.verdict("\(line)\r\n\(field)\r\n\r\n") == .complete)
    #expect(responses.head.keepsAlive == keeps)
  }

  @Test(arguments: [
    ("text/event-stream", true), ("Text/Event-Stream; charset=utf-8", true), ("text/event-stream;x", true),
    ("text/event-streams", false), ("text/html", false), ("", false), ("text/event-stream ", true),
    ("text/event-stream ;x", true),
  ])
  func `a stream of events is known by its type`(type: String, isOne: Bool) {
    let responses = Responses()
    #expect(responses.verdict("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\n\r\n") == .complete)
    #expect(responses.head.isEventStream == isOne)
    #expect(!responses.head.isEncoded)
    #expect(
      responses.verdict("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nContent-Encoding: br\r\n\r\n")
        == .complete)
    #expect(responses.head.isEncoded)
  }

  @Test func `a head that never ends is refused`() {
    var limits = FrontLimits()
    limits.head = 1000
    let bytes = Array(("HTTP/1.1 200 OK\r\nA: " + repeated("b", 2000)).utf8)
    #expect(Responses(limits).verdict(bytes, upTo: Array(1...999)) == .incomplete)
    #expect(Responses(limits).verdict(bytes, upTo: Array(1...1000)) == .refused(502))
    limits.headers = 3
    #expect(
      Responses(limits).verdict("HTTP/1.1 200 OK\r\n" + repeated("A: b\r\n", 4) + "\r\n") == .refused(502))
    #expect(Responses(limits).verdict("HTTP/1.1 200 OK\r\n" + repeated("A: b\r\n", 3) + "\r\n") == .complete)
  }
}

@Suite struct ResponseWritingTests {
  @Test func `an ordinary response goes on as it is`() {
    let text =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nSet-Cookie: a=b\r\nSet-Cookie: c=Zoë\r\n\r\n"
    #expect(Responses().rewritten(text) == text)
  }

  @Test(arguments: [
    ("Connection: close\r\nA: b\r\n", "A: b\r\n"),
    ("Keep-Alive: timeout=5\r\nConnection: keep-alive\r\n", ""),
    ("Proxy-Connection: x\r\n", ""), ("Connection: X-Foo\r\nX-Foo: a\r\nB: c\r\n", "B: c\r\n"),
    ("Upgrade: h2c\r\nA: b\r\n", "A: b\r\n"),
    ("Connection: content-length\r\nContent-Length: 3\r\n", "Content-Length: 3\r\n"),
    ("Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\n"),
    ("Trailer: A\r\n", "Trailer: A\r\n"), ("X-Request-Id: a\r\n", "X-Request-Id: a\r\n"),
  ])
  func `what is meant for one connection stays on it`(fields: String, rest: String) {
    #expect(Responses().rewritten("HTTP/1.1 200 OK\r\n\(fields)\r\n") == "HTTP/1.1 200 OK\r\n\(rest)\r\n")
  }

  @Test(arguments: [
    ("HTTP/1.1 200", "HTTP/1.1 200 "), ("HTTP/1.0 200", "HTTP/1.1 200 "),
    ("HTTP/1.0 404 Not Found", "HTTP/1.1 404 Not Found"),
    ("HTTP/1.1 200 ", "HTTP/1.1 200 "), ("HTTP/1.0 200 ", "HTTP/1.1 200 "),
  ])
  func `the status line is of HTTP 1 1`(line: String, becomes expected: String) {
    #expect(Responses().rewritten("\(line)\r\nA: b\r\n\r\n") == "\(expected)\r\nA: b\r\n\r\n")
    #expect(Responses().rewritten("\(line)\r\n\r\n") == "\(expected)\r\n\r\n")
  }

  @Test(arguments: [
    (ConnectionHeader.none, ""), (.close, "Connection: close\r\n"),
    (.keepAlive, "Connection: keep-alive\r\n"),
    (.upgrade, "Connection: upgrade\r\n"),
  ])
  func `the client is told what becomes of its connection`(connection: ConnectionHeader, field: String) {
    #expect(
      Responses().rewritten("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", connection: connection)
        == "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\(field)\r\n")
  }

  @Test func `a switch of protocols goes on with its name`() {
    let text =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
    let responses = Responses()
    #expect(
      responses.rewritten(text, connection: .upgrade)
        == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\nConnection: upgrade\r\n\r\n"
    )
    #expect(responses.head.hasUpgrade)
  }

  @Test(arguments: [
    (ConnectionHeader.none, "upgrade"), (.close, "upgrade, close"), (.keepAlive, "upgrade, keep-alive"),
    (.upgrade, "upgrade"),
  ])
  func `426 names what to upgrade to`(connection: ConnectionHeader, value: String) {
    #expect(
      Responses().rewritten(
        "HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: a/2\r\nContent-Length: 0\r\n\r\n",
        connection: connection)
        == "HTTP/1.1 426 Upgrade Required\r\nUpgrade: a/2\r\nContent-Length: 0\r\nConnection: \(value)\r\n\r\n"
    )
  }

  @Test(arguments: ["100 Continue", "103 Early Hints", "204 No Content"])
  func `what has no body has no length`(status: String) {
    #expect(
      Responses().rewritten("HTTP/1.1 \(status)\r\nContent-Length: 5\r\nA: b\r\n\r\n")
        == "HTTP/1.1 \(status)\r\nA: b\r\n\r\n")
    #expect(
      Responses().rewritten("HTTP/1.1 \(status)\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n")
        == "HTTP/1.1 \(status)\r\nA: b\r\n\r\n")
  }

  @Test func `the length that GET would have had goes on`() {
    for field in ["Content-Length: 5", "Transfer-Encoding: chunked"] {
      let text = "HTTP/1.1 200 OK\r\n\(field)\r\n\r\n"
      #expect(Responses().rewritten(text, to: .head) == text)
    }
    let unchanged = "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"
    #expect(Responses().rewritten(unchanged) == unchanged)
    #expect(
      Responses().rewritten("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n")
        == "HTTP/1.1 304 Not Modified\r\nA: b\r\n\r\n")
  }

  @Test func `a client of HTTP 1 0 hears nothing of chunks`() {
    let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n"
    let expected = "HTTP/1.1 200 OK\r\nA: b\r\nConnection: close\r\n\r\n"
    #expect(Responses().rewritten(text, clientMinor: 0, connection: .close, dropsChunked: true) == expected)
    #expect(Responses().rewritten(text, to: .head, clientMinor: 0, connection: .close) == expected)
  }

  @Test func `a head that does not fit is not written, wherever it ends`() {
    let text = "HTTP/1.0 426 X\r\nUpgrade: a\r\nConnection: X-A\r\nX-A: b\r\nX-B: c\r\n\r\n"
    let length = Responses().rewritten(text, connection: .close)?.utf8.count ?? 0
    #expect(length > 50)
    for capacity in 0..<length {
      #expect(Responses().rewritten(text, connection: .close, capacity: capacity) == nil)
    }
  }
}
