import Testing

/// 1xx: answers before the answer.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontInterim {
  private static let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
  private static let more = "HTTP/1.1 103 Early Hints\r\nLink: </b.css>; rel=preload\r\n\r\n"
  private static let final = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

  @Test(arguments: [false, true])
  func `two 103 and a 200 all arrive, together or one by one`(apart: Bool) async throws {
    try await withFront(app: { stream, _ in
      while try stream.readRequest() != nil {
        for part in [Self.hints, Self.more, Self.final] {
          try stream.send(part)
          if apart { pause(milliseconds: 50) }
        }
      }
    }) { front, _ in
      let client = try front.client()
      for _ in 0..<2 {
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.readResponse()["link"] == "</a.css>; rel=preload")
        #expect(try client.readResponse()["link"] == "</b.css>; rel=preload")
        #expect(try client.readResponse().text == "hi")
      }
      #expect(client.received.text == String(repeating: Self.hints + Self.more + Self.final, count: 2))
    }
  }

  @Test func `a 103 goes out before the 200 is there`() async throws {
    let bell = Bell()
    try await withFront(app: { stream, _ in
      _ = try stream.readRequest()
      try stream.send(Self.hints)
      bell.wait()
      try stream.send(Self.final)
    }) { front, _ in
      let client = try front.client()
      try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      let hints = Result { try client.readResponse() }
      bell.ring()
      #expect(try hints.get().status == 103)
      #expect(try client.readResponse().text == "hi")
    }
  }

  @Test func `a client of HTTP/1.0 gets the 200 alone`() async throws {
    let reply = "HTTP/1.1 100 Continue\r\n\r\n" + Self.hints + Self.more + Self.final
    try await withFront(app: ScriptedUpstream.answering(reply)) { front, _ in
      let client = try front.client()
      try client.send("GET / HTTP/1.0\r\nHost: h\r\n\r\n")
      #expect(try client.readResponse().text == "hi")
      #expect(client.receiveRest() == ([], .closed))
    }
  }

  @Test func `the app's 100 arrives once and lets the body come`() async throws {
    try await withFront(app: { stream, _ in
      while true {
        let head = try stream.receive(through: "\r\n\r\n")
        guard head.contains("100-continue") else { return }
        try stream.send("HTTP/1.1 100 Continue\r\n\r\n")
        let body = try stream.receive(exactly: 5)
        try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\(body.text)")
      }
    }) { front, _ in
      let client = try front.client()
      for _ in 0..<2 {
        try client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.readResponse().status == 100)
        try client.send("hello")
        #expect(try client.readResponse().text == "hello")
      }
      #expect(client.received.occurrences(of: "100 Continue") == 2)
    }
  }

  @Test func `a client that does not wait for its 100 loses nothing`() async throws {
    try await withFront(app: { stream, _ in
      while let request = try stream.readRequest() {
        try stream.send("HTTP/1.1 100 Continue\r\n\r\n")
        try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\(request.text)")
      }
    }) { front, _ in
      let client = try front.client()
      for _ in 0..<2 {
        let response = try client.post("hello", to: "/", "Expect: 100-continue\r\n")
        #expect(response.text == "hello")
      }
    }
  }

  @Test(arguments: ["417 Expectation Failed", "413 Content Too Large", "401 Unauthorized"])
  func `a refusal instead of the 100 arrives, and no body is waited for`(status: String) async throws {
    try await withFront(app: { stream, _ in
      _ = try stream.receive(through: "\r\n\r\n")
      try stream.send("HTTP/1.1 \(status)\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
    }) { front, _ in
      let client = try front.client()
      let response = try client.ask(
        "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
      #expect(response.startLine == "HTTP/1.1 \(status)")
      #expect(response.text == "no")
      // The client may take the body as due or as not: there is no next request here.
      #expect(response.closes)
      #expect(client.receiveRest() == ([], .closed))
    }
  }

  @Test func `a client of HTTP/1.0 is told of no 100, and the app not asked for one`() async throws {
    try await withFront(app: { stream, _ in
      let head = try stream.receive(through: "\r\n\r\n")
      if head.text.lowercased().contains("expect") { try stream.send("HTTP/1.1 100 Continue\r\n\r\n") }
      _ = try stream.receive(exactly: 5)
      try stream.send(Self.final)
    }) { front, upstream in
      let client = try front.client()
      try client.send(
        "PUT / HTTP/1.0\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello")
      #expect(try client.readResponse().text == "hi")
      #expect(client.receiveRest() == ([], .closed))
      #expect(!upstream.received.contains("xpect"))
    }
  }

  @Test func `any other expectation is refused`() async throws {
    try await withFront(app: ScriptedUpstream.echo) { front, upstream in
      let response = try front.client().get("/", "Expect: the-impossible\r\n")
      #expect(response.status == 417)
      #expect(upstream.received.isEmpty)
    }
  }

  @Test func `Bun's own 100 comes once`() async throws {
    try await withEchoApp { front in
      let client = try front.client()
      for _ in 0..<3 {
        try client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        let first = try client.readResponse()
        #expect(first.status == 100, "\(first)")
        try client.send("hello")
        #expect(try client.readResponse().text == "hello")
      }
      #expect(client.received.occurrences(of: "100 Continue") == 3)
    }
  }
}
