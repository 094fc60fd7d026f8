import HTTP
import Testing

@Suite struct RequestParserTests {
  private static let post = "POST /deploy?a=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
  private static let chunked =
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
    + "5;name=\"v\"\r\nhello\r\nA\r\n, world...\r\n0\r\nX-Trailer: 1\r\n\r\n"

  @Test func `a request is taken apart`() throws {
    let request = try #require(requests(in: Self.post).first)
    #expect(request.head.method == "POST")
    #expect(request.head.path == "/deploy")
    #expect(request.head.query?["a"] == "1")
    #expect(request.head.headers["hOST"] == "x")
    #expect(request.head.keepsAlive)
    #expect(request.body == Array("hello".utf8))
  }

  @Test(arguments: [post, chunked, "GET / HTTP/1.0\r\n\r\n"])
  func `it makes no difference in what portions a request comes`(text: String) throws {
    let whole = try #require(requests(in: text).first)
    for size in 1...9 {
      let request = try #require(requests(in: text, portion: size).first)
      #expect(request.body == whole.body)
      #expect(request.head.path == whole.head.path)
      #expect(request.head.headers.all.map(\.value) == whole.head.headers.all.map(\.value))
    }
  }

  @Test func `a chunked body is decoded`() throws {
    #expect(try #require(requests(in: Self.chunked).first).body == Array("hello, world...".utf8))
  }

  @Test func `pipelined requests come out one after the other`() {
    let text = Self.post + "\r\n" + Self.chunked + "GET /last HTTP/1.1\r\nHost: x\r\n\r\n"
    for portion in [1, 7, text.utf8.count] {
      let found = requests(in: text, portion: portion)
      #expect(found.map(\.head.path) == ["/deploy", "/", "/last"])
      #expect(found.map(\.body.count) == [5, 15, 0])
    }
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\n", "Host: x\r\nConnection: foo, Close", false),
    ("GET / HTTP/1.1\r\n", "Host: x\r\nConnection: foo", true),
    ("GET / HTTP/1.0\r\n", "Host: x", false),
    ("GET / HTTP/1.0\r\n", "Connection: keep-alive", true),
  ])
  func `the connection is kept as its version and header say`(line: String, headers: String, keeps: Bool) {
    #expect(requests(in: line + headers + "\r\n\r\n").first?.head.keepsAlive == keeps)
  }

  @Test(arguments: [
    ("http://host:80/a?b", "/a"), ("HTTPS://host", "/"), ("/%2e%2e/a;b=c", "/%2e%2e/a;b=c"), ("//a", "//a"),
  ])
  func `targets are read in origin and in absolute form`(target: String, path: String) {
    #expect(requests(in: "GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n").first?.head.path == path)
  }

  static let refused: [(Int, String)] = [
    (400, "\u{16}\u{03}\u{01}"),
    (400, "GET / HTTP/1.1\nHost: x\n\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\n\n"),
    (400, "GET / HTTP/1.1\r\nA: b\rc\r\nHost: x\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nA: b\0c\r\nHost: x\r\n\r\n"),
    (400, "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, "GET /  HTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, "GET / HTTP/1.1 \r\nHost: x\r\n\r\n"),
    (400, "GET /\tHTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, " GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, "GET /\r\nHost: x\r\n\r\n"),
    (400, "GET / http/1.1\r\nHost: x\r\n\r\n"),
    (400, "GET / HTTP/\r\nHost: x\r\n\r\n"),
    (400, "G@T / HTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, "GET a HTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, "GET * HTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, "CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, "GET /#a HTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, "GET /é HTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, "GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\n Host: x\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost : x\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
    (400, "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    (413, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"),
    (414, "GET /" + String(repeating: "a", count: 9000)),
    (417, "GET / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n"),
    (431, "GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: 33000)),
    (
      431,
      "GET / HTTP/1.1\r\n" + String(repeating: "A: \(String(repeating: "a", count: 1000))\r\n", count: 40)
    ),
    (431, "GET / HTTP/1.1\r\n" + String(repeating: "A: a\r\n", count: 101)),
    (501, "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
    (501, "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n"),
    (505, "GET / HTTP/2.0\r\nHost: x\r\n\r\n"),
    (505, "GET / HTTP/1.2\r\nHost: x\r\n\r\n"),
    (505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  ]

  @Test(arguments: refused) func `what two readers could frame differently is refused`(
    status: Int, text: String
  ) {
    #expect(failure(in: text) == status)
    #expect(failure(in: text, portion: 1) == status)
  }

  static let refusedChunks = [
    "5\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhelloX\r\n", "g\r\n",
    "\r\n",
    "-5\r\n", "0x5\r\n", " 5\r\n", "5 \r\nhello\r\n", "5;\u{1}\r\n", "000000005\r\n", "fffffffff\r\n",
    "0\r\nA: b\n\r\n", "0\r\n folded: b\r\n\r\n", "0\r\nbad\r\n\r\n",
    String(repeating: "0", count: 300),
  ]

  @Test(arguments: refusedChunks) func `malformed chunks are refused`(body: String) {
    let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(failure(in: head + body) == 400)
    #expect(failure(in: head + body, portion: 1) == 400)
  }

  @Test func `a chunked body past the limit is refused before it is read`() {
    let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(failure(in: head + "3e9\r\n") == 413)
    #expect(failure(in: head + "3e8\r\n" + String(repeating: "a", count: 1000) + "\r\n1\r\n") == 413)
  }

  @Test func `the limit can be set once the head is known, and for this request only`() {
    var parser = RequestParser(bodyLimit: 4)
    feed(Self.post, to: &parser)
    guard case .head(let head) = parser.next() else { return #expect(Bool(false)) }
    #expect(head.contentLength == 5)
    parser.bodyLimit = 5
    guard case .complete = parser.next() else { return #expect(Bool(false)) }
    #expect(parser.bodyLimit == 4)
  }

  @Test func `the phase tells an idle connection from one that dawdles`() {
    var parser = RequestParser(bodyLimit: 10)
    var phases: [RequestParser.Phase] = [parser.phase]
    for part in ["GE", "T / HTTP/1.1\r\n", "Host: x\r\nContent-Length: 2\r\n\r\n", "a", "b", "\u{1}"] {
      feed(part, to: &parser)
      while case .head = parser.next() {}
      phases.append(parser.phase)
    }
    #expect(phases == [.idle, .head, .head, .body, .body, .idle, .failed])
  }

  @Test func `random damage never does worse than a failure`() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<5000 {
      var bytes = Array((Self.chunked + Self.post).utf8)
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      var parser = RequestParser(bodyLimit: 1000)
      bytes.withUnsafeBytes { parser.feed($0) }
      drain(&parser)
    }
  }

  private func drain(_ parser: inout RequestParser) {
    while true {
      switch parser.next() {
      case .needMore, .failure: return
      case .head, .complete: continue
      }
    }
  }

  private func feed(_ text: String, to parser: inout RequestParser) {
    Array(text.utf8).withUnsafeBytes { parser.feed($0) }
  }

  private func requests(in text: String, portion: Int = .max) -> [Request] {
    outcome(of: text, portion: portion).requests
  }

  private func failure(in text: String, portion: Int = .max) -> Int? {
    outcome(of: text, portion: portion).failure?.status
  }

  private func outcome(of text: String, portion: Int) -> (requests: [Request], failure: HTTPFailure?) {
    var parser = RequestParser(bodyLimit: 1000)
    var rest = Array(text.utf8)[...]
    var found: [Request] = []
    while !rest.isEmpty {
      Array(rest.prefix(portion)).withUnsafeBytes { parser.feed($0) }
      rest = rest.dropFirst(portion)
      events: while true {
        switch parser.next() {
        case .needMore: break events
        case .head: continue
        case .complete(let request): found.append(request)
        case .failure(let failure): return (found, failure)
        }
      }
    }
    return (found, nil)
  }
}
