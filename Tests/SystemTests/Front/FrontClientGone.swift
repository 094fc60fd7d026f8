import Testing

/// Nobody works for a client that has left, and nobody takes half a request for a whole one.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontClientGone {
  /// The front says a second; only a hang takes this long.
  private static let soon = 10

  enum Leaving: CaseIterable, Sendable {
    case reset, close

    func leave(_ client: ByteStream) {
      switch self {
      case .reset: client.reset()
      case .close: client.close()
      }
    }
  }

  @Test(arguments: Leaving.allCases)
  func `in the middle of an endless answer: the app's side ends soon`(leaving: Leaving) async throws {
    let isOver = Bell()
    try await withFront(app: { stream, _ in
      _ = try stream.readRequest()
      try stream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      while (try? stream.send("1\r\nx\r\n")) != nil { pause(milliseconds: 5) }
      isOver.ring()
    }) { front, _ in
      let client = try front.client()
      try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      _ = try client.receive(through: "x\r\n")
      leaving.leave(client)
      #expect(isOver.wait(atMost: Self.soon))
    }
  }

  @Test(arguments: Leaving.allCases)
  func `in a quiet stream, or before the answer: the app's side ends soon`(leaving: Leaving) async throws {
    for head in ["", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"] {
      let (arrived, isOver) = (Bell(), Bell())
      try await withFront(app: { stream, _ in
        _ = try stream.readRequest()
        try stream.send(head)
        arrived.ring()
        _ = stream.drain()
        isOver.ring()
      }) { front, _ in
        let client = try front.client()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(arrived.wait(atMost: 30))
        if !head.isEmpty { _ = try client.receive(through: "\n\n") }
        leaving.leave(client)
        #expect(isOver.wait(atMost: Self.soon))
      }
    }
  }

  @Test(
    arguments: [
      "Content-Length: 10\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\na\r\nhello",
      "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
      "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    ], Leaving.allCases)
  func `in the middle of an upload: the app is never told that it is whole`(rest: String, leaving: Leaving)
    async throws
  {
    let isOver = Bell()
    try await withFront(app: { stream, _ in
      _ = stream.drain()
      isOver.ring()
    }) { front, upstream in
      let client = try front.client()
      try client.send("POST / HTTP/1.1\r\nHost: h\r\n\(rest)")
      try await eventually("the app has the beginning") { upstream.received.contains("hello") }
      leaving.leave(client)
      #expect(isOver.wait(atMost: Self.soon))
      #expect(upstream.received.contains("hello"))
      #expect(!upstream.received.contains("\r\n0\r\n\r\n"), "\(upstream.received.shown)")
    }
  }

  @Test func `half an upload and a half-close is no whole one either`() async throws {
    let isOver = Bell()
    try await withFront(app: { stream, _ in
      _ = stream.drain()
      isOver.ring()
    }) { front, upstream in
      let client = try front.client()
      try client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
      client.finish()
      #expect(isOver.wait(atMost: Self.soon))
      #expect(!upstream.received.contains("\r\n0\r\n\r\n"))
      // The client may be told; it must not be left waiting.
      #expect(client.receiveRest().ending != .silent)
    }
  }

  @Test func `a client that has said all and only listens gets its answer`() async throws {
    try await withFront(app: { stream, _ in
      while try stream.readRequest() != nil {
        pause(milliseconds: 100)
        try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 700000\r\n\r\n")
        for _ in 0..<7 {
          pause(milliseconds: 30)
          try stream.send([UInt8](repeating: 0x61, count: 100_000))
        }
      }
    }) { front, _ in
      let client = try front.client()
      try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      client.finish()
      let response = try client.readResponse()
      #expect(response.isWhole && response.body.count == 700_000)
      #expect(client.receiveRest() == ([], .closed))
    }
  }

  /// The request and the end in one segment, on a connection that is already known.
  @Test(arguments: ["", "Content-Length: 5\r\n"])
  func `with its request's last byte: the app's side ends soon`(fields: String) async throws {
    try await withFront(app: { stream, _ in
      while let request = try stream.readRequest() {
        if request.target == "/slow" { return _ = stream.drain() }
        try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
      }
    }) { front, upstream in
      let clients = try (0..<50).map { _ in try front.client() }
      for client in clients { #expect(try client.get().text == "hi") }
      for (number, client) in clients.enumerated() {
        let body = fields.isEmpty ? "" : "hello"
        try client.send("GET /slow HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\(body)")
        number % 2 == 0 ? client.close() : client.finish()
      }
      try await eventually("all of the app's sides are over", within: .seconds(Self.soon)) {
        upstream.served >= 50
      }
    }
  }

  @Test func `a client that leaves while others stay takes none of them with it`() async throws {
    try await withFront(app: ScriptedUpstream.echo) { front, _ in
      let failures = try await onThreads(16) { number in
        var failures = 0
        for round in 0..<50 {
          let client = try front.client()
          let body = "\(number) \(round) " + String(repeating: "x", count: 1000)
          if number % 2 == 0 {
            try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            round % 2 == 0 ? client.reset() : client.close()
          } else if try client.post(body).text != body {
            failures += 1
          }
        }
        return failures
      }
      #expect(failures.allSatisfy { $0 == 0 })
    }
  }
}
