import Testing

/// What the front adds to a head and takes out of it.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontHeaders {
  private static let forwarding = [
    "X-Forwarded-For: 192.0.2.1, 198.51.100.2", "X-Forwarded-Proto: https",
    "X-Forwarded-Host: public.example",
    "X-Forwarded-Port: 443", "Forwarded: for=192.0.2.1", "X-Real-IP: 192.0.2.1", "X-Request-Id: theirs",
  ]

  @Test func `the app learns who asks and how`() async throws {
    let request = try await arriving("GET / HTTP/1.1\r\nHost: example.org:81\r\n\r\n")
    #expect(request["x-forwarded-for"] == "127.0.0.1")
    #expect(request["x-forwarded-proto"] == "http")
    #expect(request["x-forwarded-host"] == "example.org:81")
    #expect(try #require(request["x-request-id"]).wholeMatch(of: /[0-9a-f]{32}/) != nil)
    #expect(request.values(of: "host") == ["example.org:81"])
  }

  @Test func `each request has an id of its own`() async throws {
    try await withFront(app: ScriptedUpstream.echo) { front, upstream in
      let client = try front.client()
      for _ in 0..<100 { _ = try client.get() }
      let ids = upstream.received.text.matches(of: /X-Request-Id: ([0-9a-f]{32})/.ignoresCase()).map(\.1)
      #expect(Set(ids).count == 100)
    }
  }

  @Test(arguments: [[], ["--trusted-proxies", "10.0.0.0/8,192.0.2.1,::1"]])
  func `a stranger's word on where a request came from is not passed on`(options: [String]) async throws {
    let request = try await arriving(
      "GET / HTTP/1.1\r\nHost: h\r\n\(Self.forwarding.joined(separator: "\r\n"))\r\n"
        + "x-forwarded-for: 203.0.113.9\r\nX-Forwarded-Whatever: x\r\nX: y\r\n\r\n", options)
    #expect(request.values(of: "x-forwarded-for") == ["127.0.0.1"])
    #expect(request.values(of: "x-forwarded-proto") == ["http"])
    #expect(request.values(of: "x-forwarded-host") == ["h"])
    #expect(request.values(of: "x-request-id").count == 1)
    #expect(request["x-request-id"] != "theirs")
    for name in ["x-forwarded-port", "forwarded", "x-real-ip", "x-forwarded-whatever"] {
      #expect(request[name] == nil)
    }
    #expect(request["x"] == "y")
  }

  @Test(arguments: ["loopback", "127.0.0.1", "127.0.0.0/8", "10.0.0.1, 127.0.0.1", "all"])
  func `a trusted proxy's word is passed on, and its own address added`(trusted: String) async throws {
    let request = try await arriving(
      "GET / HTTP/1.1\r\nHost: h\r\n\(Self.forwarding.joined(separator: "\r\n"))\r\n\r\n",
      ["--trusted-proxies", trusted])
    #expect(request.values(of: "x-forwarded-for") == ["192.0.2.1, 198.51.100.2, 127.0.0.1"])
    #expect(request.values(of: "x-forwarded-proto") == ["https"])
    #expect(request.values(of: "x-forwarded-host") == ["public.example"])
    #expect(request.values(of: "x-request-id") == ["theirs"])
    #expect(request["x-forwarded-port"] == "443")
  }

  @Test func `what a trusted proxy does not say is added, and its lists become one`() async throws {
    let request = try await arriving(
      "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.1\r\nX: y\r\nx-forwarded-for: 192.0.2.2\r\n\r\n",
      ["--trusted-proxies", "loopback"])
    #expect(request.values(of: "x-forwarded-for") == ["192.0.2.1, 192.0.2.2, 127.0.0.1"])
    #expect(request["x-forwarded-proto"] == "http")
    #expect(request["x-forwarded-host"] == "h")
    #expect(request["x-request-id"]?.count == 32)
  }

  @Test func `what is meant for the next hop alone stays here`() async throws {
    let request = try await arriving(
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, X-Foo, x-bar\r\nKeep-Alive: timeout=5\r\n"
        + "Proxy-Connection: keep-alive\r\nTE: trailers\r\nUpgrade: h2c\r\nX-Foo: 1\r\nX-Bar: 2\r\nx-foo: 3\r\n"
        + "X-Foobar: 4\r\nX-Fo: 5\r\n\r\n")
    for name in ["keep-alive", "proxy-connection", "te", "upgrade", "x-foo", "x-bar"] {
      #expect(request[name] == nil, "\(name)")
    }
    #expect(request["x-foobar"] == "4")
    #expect(request["x-fo"] == "5")
    #expect(request["connection"]?.lowercased() ?? "keep-alive" == "keep-alive")
  }

  @Test func `Connection takes nothing out that the app relies on`() async throws {
    let request = try await arriving(
      "POST / HTTP/1.1\r\nHost: h\r\nConnection: Host, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, "
        + "X-Request-Id, Content-Length, Content-Type, Forwarded, Transfer-Encoding\r\n"
        + "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
    #expect(request["host"] == "h")
    #expect(request["x-forwarded-for"] == "127.0.0.1")
    #expect(request["x-forwarded-proto"] == "http")
    #expect(request["x-forwarded-host"] == "h")
    #expect(request["x-request-id"]?.count == 32)
    #expect(request["content-type"] == "text/plain")
    #expect(request["content-length"] == "5")
    #expect(request.text == "hello")
  }

  @Test func `Connection cannot take a chunked body's framing away`() async throws {
    let request = try await arriving(
      "POST / HTTP/1.1\r\nHost: h\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "5\r\nhello\r\n0\r\n\r\n")
    #expect(request.isChunked)
    #expect(request.text == "hello")
  }

  @Test func `what the app means for the front alone does not reach the client`() async throws {
    let reply =
      "HTTP/1.1 200 OK\r\nConnection: X-Foo, keep-alive\r\nKeep-Alive: timeout=5\r\nX-Foo: 1\r\n"
      + "Proxy-Connection: keep-alive\r\nUpgrade: h2c\r\nX-Bar: 2\r\nServer: Bun\r\nContent-Length: 2\r\n\r\nhi"
    try await withFront(app: ScriptedUpstream.answering(reply)) { front, _ in
      let client = try front.client()
      let response = try client.get()
      #expect(response.fields.map { "\($0)" } == ["X-Bar: 2", "Server: Bun", "Content-Length: 2"])
      #expect(response.text == "hi")
    }
  }

  @Test func `Connection in an answer takes out neither its length nor its type`() async throws {
    let reply =
      "HTTP/1.1 200 OK\r\nConnection: Content-Length, Content-Type\r\nContent-Type: a/b\r\n"
      + "Content-Length: 2\r\n\r\nhi"
    try await withFront(app: ScriptedUpstream.answering(reply)) { front, _ in
      let client = try front.client()
      for _ in 0..<2 {
        let response = try client.get()
        #expect(response["content-length"] == "2")
        #expect(response["content-type"] == "a/b")
        #expect(response.text == "hi")
      }
    }
  }

  @Test func `HTTP/1.0's hop-by-hop rules hold as well`() async throws {
    let request = try await arriving(
      "GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive, X-Foo\r\nX-Foo: 1\r\nX-Bar: 2\r\n\r\n")
    #expect(request["x-foo"] == nil)
    #expect(request["x-bar"] == "2")
    #expect(request.startLine.hasSuffix("HTTP/1.1"))
  }

  /// What the app gets when a client sends this.
  private func arriving(_ text: String, _ options: [String] = []) async throws -> Message {
    var found: Message?
    try await withFront(options, app: ScriptedUpstream.echo) { front, upstream in
      let client = try front.client()
      let response = try client.ask(text)
      guard response.status == 200 else { throw Failure("\(response)") }
      found = try read(upstream.received)
    }
    return try #require(found)
  }

  /// Through a socket again, since that is what the reader reads.
  private func read(_ bytes: [UInt8]) throws -> Message {
    let replay = try ScriptedUpstream { stream, _ in
      try stream.send(bytes)
      stream.finish()
      _ = stream.drain()
    }
    defer { replay.stop() }
    let port = try #require(replay.address.split(separator: ":").last.flatMap { Int($0) })
    return try #require(try rawClient(port: port).readRequest())
  }
}
