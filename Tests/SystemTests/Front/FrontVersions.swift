import Testing

/// HTTP/1.0 and 1.1, connections that close and connections that stay.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontVersions {
  private static let hi = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

  @Test func `a client that says close gets its answer and the end`() async throws {
    try await withFront(app: ScriptedUpstream.answering(Self.hi)) { front, _ in
      let client = try front.client()
      let response = try client.get("/", "Connection: close\r\n")
      #expect(response.text == "hi")
      #expect(response.closes)
      #expect(client.receiveRest() == ([], .closed))
    }
  }

  @Test(arguments: ["CLOSE", "X-A, close", "close, X-A", "keep-alive, close"])
  func `close is found wherever it stands`(value: String) async throws {
    try await withFront(app: ScriptedUpstream.answering(Self.hi)) { front, _ in
      let client = try front.client()
      #expect(try client.get("/", "Connection: \(value)\r\n").text == "hi")
      #expect(client.receiveRest() == ([], .closed))
    }
  }

  @Test func `a client of HTTP/1.0 is closed, unless it asks to stay`() async throws {
    try await withFront(app: ScriptedUpstream.answering(Self.hi)) { front, _ in
      let client = try front.client()
      #expect(try client.ask("GET / HTTP/1.0\r\n\r\n").text == "hi")
      #expect(client.receiveRest() == ([], .closed))
      let staying = try front.client()
      for _ in 0..<3 {
        let response = try staying.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(response.text == "hi")
        #expect(response["connection"]?.lowercased() == "keep-alive")
      }
    }
  }

  @Test func `a client of HTTP/1.0 gets a chunked body without its chunks, ended by the connection`()
    async throws
  {
    let reply =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x\r\n world\r\n0\r\nX: y\r\n\r\n"
    try await withFront(app: ScriptedUpstream.answering(reply)) { front, _ in
      for fields in ["", "Connection: keep-alive\r\n"] {
        let client = try front.client()
        let response = try client.ask("GET / HTTP/1.0\r\n\(fields)\r\n")
        #expect(response.text == "hello world")
        #expect(response["transfer-encoding"] == nil)
        #expect(response["connection"]?.lowercased() != "keep-alive")
        #expect(client.ending == .closed)
      }
    }
  }

  @Test(arguments: ["HTTP/1.1", "HTTP/1.0"])
  func `a response that ends with its connection arrives whole and ends with it here too`(version: String)
    async throws
  {
    let reply = "\(version) 200 OK\r\nX: y\r\n\r\n" + String(repeating: "until the end ", count: 50_000)
    try await withFront(app: ScriptedUpstream.once(reply)) { front, _ in
      for client in try [front.client(), front.client()] {
        let response = try client.get()
        #expect(response.isWhole && response.closes)
        #expect(response.text.utf8.count == 700_000)
        #expect(client.ending == .closed)
      }
    }
  }

  @Test(
    arguments: [
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
      "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    ])
  func `an app that closes after each answer closes no client`(reply: String) async throws {
    try await withFront(app: ScriptedUpstream.once(reply)) { front, upstream in
      let client = try front.client()
      for _ in 0..<5 {
        let response = try client.get()
        #expect(response.text == "hi")
        #expect(!response.closes)
        #expect(response.startLine == "HTTP/1.1 200 OK")
      }
      #expect(upstream.connections.count == 5)
    }
  }

  @Test func `an app of HTTP/1.0 that keeps the connection is kept`() async throws {
    let reply = "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi"
    try await withFront(app: ScriptedUpstream.answering(reply)) { front, upstream in
      let client = try front.client()
      for _ in 0..<3 { #expect(try client.get().text == "hi") }
      #expect(upstream.connections.count <= 3)
    }
  }

  @Test func `a pipelined request after one that says close is not answered`() async throws {
    try await withFront(app: ScriptedUpstream.echo) { front, upstream in
      let client = try front.client()
      try client.send(
        "GET /1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(try client.readResponse()["target"] == "/1")
      #expect(client.receiveRest() == ([], .closed))
      #expect(!upstream.received.contains("/2"))
    }
  }
}
