import Testing

@testable import Front

/// What is taken, and how it goes on to the app.
@Suite struct RequestPassingTests {
  /// That `text` becomes `expected` and the forwarding fields, in whatever pieces it comes.
  private func expect(
    _ text: String, becomes expected: String, host: String = "h",
    at location: SourceLocation = #_sourceLocation
  ) {
    let bytes = Array(text.utf8)
    let ending = host.isEmpty ? "" : "X-Forwarded-Host: \(host)\r\n"
    let whole =
      expected + "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\n" + ending
      + "X-Request-Id: \(Requests.requestID)\r\n\r\n"
    #expect(Requests().rewritten(text) == whole, sourceLocation: location)
    for split in 1..<bytes.count {
      let verdict = Requests().verdict(bytes, upTo: [split, bytes.count])
      #expect(verdict == .complete, "split at \(split)", sourceLocation: location)
    }
    let everyByte = Requests().verdict(bytes, upTo: Array(1...bytes.count))
    #expect(everyByte == .complete, "byte by byte", sourceLocation: location)
    for count in 0..<bytes.count {
      let verdict = Requests().verdict(Array(bytes.prefix(count)))
      #expect(verdict == .incomplete, "only \(count)", sourceLocation: location)
    }
  }

  @Test func `an ordinary request goes on as it is`() {
    let text =
      "GET /a/b?c=d HTTP/1.1\r\nHost: h\r\nUser-Agent: x/1 (y; z)\r\nAccept: */*\r\nCookie: a=b; c=\"d\"\r\n"
    expect(text + "\r\n", becomes: text)
  }

  @Test(arguments: [
    "/;a=b", "/a%2Fb", "//a//b", "/%00", "/a?b?c", "/?a=/../", "/a\\b", "/a|b{c}", "/%zz", "/\"a\"",
    "/a/../b",
    "/*", "/~!$&'()*+,;=:@", "/http://x/", "/?", "/.",
  ])
  func `a path goes on as it is`(target: String) {
    expect("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n", becomes: "GET \(target) HTTP/1.1\r\nHost: h\r\n")
  }

  @Test(arguments: [
    ("GET http://u/a?b", "GET /a?b"), ("GET HTTP://u", "GET /"), ("GET http://u?x", "GET /?x"),
    ("GET http://u/", "GET /"), ("GET https://u/a", "GET /a"), ("GET hTTps://u", "GET /"),
    ("OPTIONS http://u", "OPTIONS *"), ("OPTIONS http://u?", "OPTIONS /?"),
    ("OPTIONS http://u/", "OPTIONS /"),
    ("GET http://u//x", "GET //x"), ("GET http://u/?@", "GET /?@"),
  ])
  func `the host of an absolute target wins`(line: String, becomes expected: String) {
    expect(
      "\(line) HTTP/1.1\r\nA: b\r\nHost: other\r\nC: d\r\n\r\n",
      becomes: "\(expected) HTTP/1.1\r\nHost: u\r\nA: b\r\nC: d\r\n", host: "u")
  }

  @Test func `an absolute target does not save a request without Host`() {
    #expect(Requests().verdict("GET http://u/ HTTP/1.1\r\n\r\n") == .refused(400))
    expect("GET http://u/ HTTP/1.0\r\n\r\n", becomes: "GET / HTTP/1.1\r\nHost: u\r\n", host: "u")
  }

  @Test(arguments: [
    ("GET /a/b?c/d", "/a/b"), ("GET /", "/"), ("GET http://u/a?b", "/a"), ("GET http://u", "/"),
    ("GET https://u?x", "/"), ("OPTIONS *", "*"), ("OPTIONS http://u", ""), ("GET /?", "/"),
    ("GET http://u/?/", "/"),
  ])
  func `the path has no query`(line: String, path: String) {
    let requests = Requests()
    let bytes = Array("\(line) HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
    #expect(requests.verdict(bytes) == .complete)
    let range = requests.head.path
    #expect(String(decoding: bytes[range.start..<range.end], as: UTF8.self) == path)
  }

  @Test func `the whole server may be asked for its options`() {
    expect("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", becomes: "OPTIONS * HTTP/1.1\r\nHost: h\r\n")
  }

  @Test(arguments: [1, 2, 4])
  func `empty lines before a request are skipped`(lines: Int) {
    let request = "GET / HTTP/1.1\r\nHost: h\r\n"
    expect(repeated("\r\n", lines) + request + "\r\n", becomes: request)
    let requests = Requests()
    #expect(requests.verdict(repeated("\r\n", lines) + request + "\r\nbody") == .complete)
    #expect(requests.head.length == 2 * lines + request.utf8.count + 2)
  }

  @Test(arguments: [
    "h", "a.example", "A-b_c~d.e.", "127.0.0.1", "h:80", "h:0080", "h:0", "h:65535", "[::1]",
    "[2001:db8::1]:8080",
    "[::ffff:1.2.3.4]",
  ])
  func `a host may have these forms`(host: String) {
    expect(
      "GET / HTTP/1.1\r\nhOsT:\t \(host) \t\r\n\r\n", becomes: "GET / HTTP/1.1\r\nhOsT:\t \(host) \t\r\n",
      host: host)
  }

  @Test func `HTTP 1 0 goes on as HTTP 1 1`() {
    expect("GET /a?b HTTP/1.0\r\n\r\n", becomes: "GET /a?b HTTP/1.1\r\nHost: localhost\r\n", host: "")
    expect("GET / HTTP/1.0\r\nA: b\r\nHost: h\r\n\r\n", becomes: "GET / HTTP/1.1\r\nA: b\r\nHost: h\r\n")
    expect(
      "POST / HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n",
      becomes: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n")
    expect("GET / HTTP/1.0\r\nHost: h\r\nExpect: x\r\n\r\n", becomes: "GET / HTTP/1.1\r\nHost: h\r\n")
  }

  @Test(arguments: [
    ("Content-Length: 5", Framing.length, 5), ("Content-Length: 010", .length, 10),
    ("content-length:5 ", .length, 5), ("Content-Length: 0", .none, 0),
    ("Content-Length: 9223372036854775807", .length, .max), ("Transfer-Encoding: chunked", .chunked, 0),
    ("TRANSFER-ENCODING:\tChunKed\t", .chunked, 0), ("A: b", .none, 0),
  ])
  func `the body is framed as the fields say`(field: String, framing: Framing, length: Int) {
    let requests = Requests()
    let head = "POST / HTTP/1.1\r\nHost: h\r\n\(field)\r\n"
    #expect(requests.rewritten(head + "\r\n") == head + Requests.forwarding())
    #expect(requests.head.framing == framing)
    #expect(requests.head.contentLength == UInt64(length))
  }

  @Test(arguments: [
    ("HTTP/1.1", "A: b", true), ("HTTP/1.1", "Connection: close", false),
    ("HTTP/1.1", "Connection: a, Close", false),
    ("HTTP/1.1", "Connection: keep-alive, close", false), ("HTTP/1.1", "Connection: closed", true),
    ("HTTP/1.1", "Connection: a\r\nConnection: close", false), ("HTTP/1.1", "Connection:", true),
    ("HTTP/1.0", "A: b", false), ("HTTP/1.0", "Connection: Keep-Alive", true),
    ("HTTP/1.0", "Connection: keep-alive, close", false), ("HTTP/1.0", "Proxy-Connection: keep-alive", false),
  ])
  func `the connection is kept as version and fields say`(version: String, field: String, keeps: Bool) {
    let requests = Requests()
    #expect(requests.verdict("GET / \(version)\r\nHost: h\r\n\(field)\r\n\r\n") == .complete)
    #expect(requests.head.keepsAlive == keeps)
  }

  @Test func `a client that waits for 100 is known, and the app is told`() {
    let requests = Requests()
    let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n"
    #expect(requests.rewritten(head + "\r\n") == head + Requests.forwarding())
    #expect(requests.head.expectsContinue)
    #expect(
      requests.verdict("POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n") == .complete)
    #expect(!requests.head.expectsContinue)
    #expect(requests.verdict("GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n") == .complete)
    #expect(!requests.head.expectsContinue)
  }

  @Test(arguments: [
    ("GET", Method.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("PATCH", .patch),
    ("DELETE", .delete), ("OPTIONS", .options), ("TRACE", .trace), ("get", .other), ("M-SEARCH", .other),
    ("GETT", .other), ("PROPFIND", .other), ("X", .other), ("POSH", .other),
  ])
  func `methods are known by their names`(name: String, method: Method) {
    let requests = Requests()
    #expect(requests.verdict("\(name) / HTTP/1.1\r\nHost: h\r\n\r\n") == .complete)
    #expect(requests.head.method == method)
  }

  @Test func `what follows the head is left alone`() {
    let requests = Requests()
    let head = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    #expect(requests.verdict(head + "\0\n\n bad") == .complete)
    #expect(requests.head.length == head.utf8.count)
  }

  @Test func `bytes over 0x7f may be in a value`() {
    let head = "GET / HTTP/1.1\r\nHost: h\r\nX-Name: Zoë \t Ωμέγα 12345678\r\nX-Empty:\r\nX-Tabs:\t\t\t\r\n"
    expect(head + "\r\n", becomes: head)
  }

  @Test func `a head that does not fit is not written, wherever it ends`() {
    let request =
      "GET http://u/a HTTP/1.1\r\nHost: h\r\nConnection: upgrade, X-A\r\nUpgrade: websocket\r\nX-A: b\r\nX-B: c\r\n\r\n"
    let length = Requests().rewritten(request)?.utf8.count ?? 0
    #expect(length > 100)
    for capacity in 0..<length { #expect(Requests().rewritten(request, capacity: capacity) == nil) }
    #expect(Requests().rewritten(request, capacity: length) != nil)
  }
}
