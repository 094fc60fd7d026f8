import Testing

/// A request that passes: what is sent, and what the app gets.
struct Accepted: Sendable {
  let name: String
  let sent: [UInt8]
  let line: String
  let host: String
  let fields: [String]
  let body: String

  init(
    _ name: String, _ text: String, line: String, host: String = "h", fields: [String] = [], body: String = ""
  ) {
    self.name = name.unicodeScalars.prefix(100).map { $0.escaped(asASCII: true) }.joined()
    sent = [UInt8](text)
    self.line = line
    self.host = host
    self.fields = fields
    self.body = body
  }

  static func target(_ target: String) -> Accepted {
    let line = "GET \(target) HTTP/1.1"
    return Accepted(target, line + "\r\nHost: h\r\n\r\n", line: line)
  }

  static func host(_ host: String) -> Accepted {
    Accepted("Host: " + host, "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n", line: "GET / HTTP/1.1", host: host)
  }

  static func fields(_ fields: String..., arriving: [String]? = nil) -> Accepted {
    Accepted(
      fields.joined(separator: ", "),
      "GET / HTTP/1.1\r\nHost: h\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n",
      line: "GET / HTTP/1.1", fields: arriving ?? fields)
  }

  static func absolute(_ uri: String, method: String = "GET", becomes target: String, host: String)
    -> Accepted
  {
    Accepted(
      "\(method) \(uri)", "\(method) \(uri) HTTP/1.1\r\nHost: other\r\nX: y\r\n\r\n",
      line: "\(method) \(target) HTTP/1.1", host: host, fields: ["X: y"])
  }

  static func length(_ length: String, _ body: String) -> Accepted {
    Accepted(
      "Content-Length: \(length)", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\n\(body)",
      line: "POST / HTTP/1.1", fields: ["Content-Length"], body: body)
  }

  static func chunked(_ coding: String, _ body: String, is decoded: String) -> Accepted {
    Accepted(
      "\(coding) \(body)", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \(coding)\r\n\r\n\(body)",
      line: "POST / HTTP/1.1", fields: ["Transfer-Encoding"], body: decoded)
  }

}

extension Accepted {
  static let all: [Accepted] =
    [
      "/;a=b;c", "/a%2Fb", "/a%2fb", "//a//b", "/a%00b", "/a/../b", "/./a", "/%", "/%zz", "/a+b", "/a?b?c=/",
      "/?", "/a?b=%20&c", "/!$&'()*+,:@-._~", "/\"<>\\^`{|}", "/a=b&c",
    ].map(target)
    + [
      "h", "h:80", "EXAMPLE.org", "a-b.c_d.example.", "127.0.0.1:3000", "[::1]", "[::1]:80",
      "[2001:db8::1]",
    ]
    .map(host) + [
      Accepted(
        "a target of 8,000 bytes", "GET /\(String(repeating: "a", count: 7999)) HTTP/1.1\r\nHost: h\r\n\r\n",
        line: "GET /\(String(repeating: "a", count: 7999)) HTTP/1.1"),
      Accepted(
        "an empty line before", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", line: "GET / HTTP/1.1"),
      Accepted(
        "two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", line: "GET / HTTP/1.1"),
      Accepted("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", line: "OPTIONS * HTTP/1.1"),
      Accepted(
        "an odd method", "!#$%&'*+-.^_`|~aZ0 / HTTP/1.1\r\nHost: h\r\n\r\n",
        line: "!#$%&'*+-.^_`|~aZ0 / HTTP/1.1"),
      .absolute("http://uri/a?b", becomes: "/a?b", host: "uri"),
      .absolute("http://uri:81", becomes: "/", host: "uri:81"),
      .absolute("http://uri?a", becomes: "/?a", host: "uri"),
      .absolute("http://uri/?a", becomes: "/?a", host: "uri"),
      .absolute("HTTP://uri/a", becomes: "/a", host: "uri"),
      .absolute("http://[::1]:81/a", becomes: "/a", host: "[::1]:81"),
      .absolute("http://uri//a", becomes: "//a", host: "uri"),
      .absolute("http://uri", method: "OPTIONS", becomes: "*", host: "uri"),
      .absolute("http://uri/a", method: "OPTIONS", becomes: "/a", host: "uri"),
      Accepted(
        "HTTP/1.0", "GET / HTTP/1.0\r\nHost: h\r\nX: y\r\n\r\n", line: "GET / HTTP/1.1", fields: ["X: y"]),
      Accepted("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", line: "GET / HTTP/1.1", host: "localhost"),
      .fields("X: a", "x: A", "X: b"), .fields("X:", arriving: ["X: "]), .fields("X: \u{e9}\u{80}\u{ff}"),
      .fields("X: a\tb  c"),
      .fields("X: a:b, \"c\"; d"), .fields("!#$%&'*+-.^_`|~aZ0: x"),
      .fields("X:a", arriving: ["X: a"]), .fields("X: \t a \t", arriving: ["X: a"]),
      .fields("Cookie: a=b", "Cookie: c=d"), .fields("Authorization: Basic YTpi"),
      .fields("Accept-Encoding: gzip, br", "Range: bytes=0-1", "If-None-Match: \"a\""),
      .length("5", "hello"), .length("010", "0123456789"), .length("  5\t", "hello"), .length("0", ""),
      .length("000000000000000005", "hello"),
      .chunked("chunked", "5\r\nhello\r\n0\r\n\r\n", is: "hello"),
      .chunked("CHUNKED", "5\r\nhello\r\n0\r\n\r\n", is: "hello"),
      .chunked(" \tchunked \t", "5\r\nhello\r\n0\r\n\r\n", is: "hello"),
      .chunked("chunked", "0\r\n\r\n", is: ""),
      .chunked("chunked", "0000000000000000\r\n\r\n", is: ""),
      .chunked("chunked", "0000000000000005\r\nhello\r\n00\r\n\r\n", is: "hello"),
      .chunked("chunked", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", is: "01234567890123456789"),
      .chunked("chunked", "5;a\r\nhello\r\n0;b=c\r\n\r\n", is: "hello"),
      .chunked("chunked", "5;a=\"b;c\"\r\nhello\r\n0\r\nX: y\r\n\r\n", is: "hello"),
      .chunked("chunked", "5;\(String(repeating: "a", count: 3000))\r\nhello\r\n0\r\n\r\n", is: "hello"),
      .chunked("chunked", "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", is: "\r\n0\r\n\r\n"),
    ]
}

/// What is right passes unchanged.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontAcceptance {
  static let ours = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id"]

  @Test(arguments: [false, true])
  func `what can be read in one way only reaches the app as it was meant`(byByte: Bool) async throws {
    try await withFront(app: { stream, number in
      guard let request = try stream.readRequest() else { return }
      let length = request.method == "HEAD" ? 0 : request.body.count
      try stream.send(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: \(length)\r\n\r\n\(request.text)")
    }) { front, upstream in
      for accepted in Accepted.all {
        let piece = byByte && accepted.sent.count < 2000 ? 1 : accepted.sent.count
        let client = try front.client()
        for start in stride(from: 0, to: accepted.sent.count, by: piece) {
          try client.send(Array(accepted.sent[start..<min(start + piece, accepted.sent.count)]))
        }
        let response = try client.readResponse()
        #expect(response.status == 200, "\(accepted.name): \(response)")
        #expect(response.text == accepted.body, "\(accepted.name)")
        // One connection for each: it ends with its answer.
        if response.status == 200, let connection = upstream.connections.last {
          try check(connection.received, against: accepted)
        }
      }
      #expect(upstream.connections.count == Accepted.all.count)
    }
  }

  private func check(_ bytes: [UInt8], against accepted: Accepted) throws {
    let end = try #require(bytes.firstIndex(of: [UInt8]("\r\n\r\n")))
    let request = try Message(head: Array(bytes[..<(end + 4)]))
    #expect(request.startLine == accepted.line, "\(accepted.name)")
    #expect(request.values(of: "host") == [accepted.host], "\(accepted.name)")
    let fields = request.fields.filter {
      $0.name.lowercased() != "host" && !Self.ours.contains($0.name.lowercased())
    }
    if accepted.fields == ["Content-Length"] {
      #expect(fields.map { $0.name } == ["Content-Length"], "\(accepted.name)")
      #expect(fields.first.flatMap { Int($0.value) } == accepted.body.utf8.count, "\(accepted.name)")
    } else if accepted.fields == ["Transfer-Encoding"] {
      #expect(fields.map { "\($0)".lowercased() } == ["transfer-encoding: chunked"], "\(accepted.name)")
    } else {
      #expect(fields.map { "\($0)" } == accepted.fields, "\(accepted.name)")
    }
  }
}
