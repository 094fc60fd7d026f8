import Testing

/// Nothing ambiguous from the app reaches a client.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontUpstreamErrors {
  static let bad: [String] =
    [
      "Content-Length: 2\r\nContent-Length: 2", "Content-Length: 2\r\nContent-Length: 3",
      "Content-Length: 2, 2",
      "Content-Length: +2", "Content-Length: -2", "Content-Length: 0x2", "Content-Length:",
      "Content-Length: 2 2", "Content-Length: 9999999999999999999999", "Content-Length : 2",
      "Content-Length: 2\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 2",
      "Transfer-Encoding: xchunked", "Transfer-Encoding: identity", "Transfer-Encoding: chunked, chunked",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked, gzip",
      "Transfer-Encoding: chunked\0", "Transfer-Encoding: \u{0b}chunked", "Transfer-Encoding : chunked",
      "X: a\r\n b\r\nContent-Length: 2", "X : a\r\nContent-Length: 2", "X\r\nContent-Length: 2",
      ": a\r\nContent-Length: 2", "X: a\nContent-Length: 2", "X: a\rb\r\nContent-Length: 2",
      "X: a\0b\r\nContent-Length: 2", "X\u{e9}: a\r\nContent-Length: 2", "X Y: a\r\nContent-Length: 2",
      "X: \(String(repeating: "a", count: 2_000_000))\r\nContent-Length: 2",
      (0..<100_000).map { "X-\($0): a\r\n" }.joined() + "Content-Length: 2",
    ].map { "HTTP/1.1 200 OK\r\n\($0)\r\n\r\nhi" }
    + [
      "HTTP/1.1 99 Low", "HTTP/1.1 600 High", "HTTP/1.1 1000 Long", "HTTP/1.1 20 Short", "HTTP/1.1 2x0 OK",
      "HTTP/1.1 +200 OK", "HTTP/1.1 200OK", "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1",
      "HTTP/2.0 200 OK",
      "HTTP/1.2 200 OK", "HTTP/1.32 200 OK", "http/1.1 200 OK", "HTTP 200 OK", " HTTP/1.1 200 OK",
      "HTTP/1.1 200 O\0K", "HTTP/1.1 200 O\rK", "GET / HTTP/1.1", "200 OK",
      "HTTP/1.1 101 Switching Protocols",
    ].map { "\($0)\r\nContent-Length: 2\r\n\r\nhi" } + [
      "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nhi",
      "\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "SSH-2.0-OpenSSH_9.2\r\n",
      "\0\0\0\u{12}\u{04}\0\0\0\0\0",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Len", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "H", "",
    ]

  @Test func `an answer that can be read two ways, or is none, becomes a 502`() async throws {
    try await withFront(app: { stream, _ in
      guard let request = try stream.readRequest(), let number = Int(request.target.dropFirst()) else {
        return
      }
      try stream.send(Self.bad[number])
    }) { front, upstream in
      for (number, reply) in Self.bad.enumerated() {
        let client = try front.client()
        // A POST: nothing that is sent twice hides what happens.
        try expect502(client.post("body", to: "/\(number)"), then: client, "\([UInt8](reply).shown)")
      }
      #expect(upstream.connections.count == Self.bad.count)
    }
  }

  @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX"])
  func `a connection that is reset before the answer is whole becomes a 502`(reply: String) async throws {
    try await withFront(app: { stream, _ in
      _ = try stream.readRequest()
      try stream.send(reply)
      stream.reset()
    }) { front, _ in
      let client = try front.client()
      try expect502(client.post("body"), then: client)
    }
  }

  static let short = [
    "Content-Length: 100\r\n\r\n0123456789",
    "Transfer-Encoding: chunked\r\n\r\n64\r\n0123456789",
    "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789",
    "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n",
    "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n",
    "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\nX: y\r\n",
    "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789!!\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n+5\r\nhello\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n5 \r\nhello\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\n\n",
    "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n11111111111111111\r\n",
  ]

  @Test(arguments: [false, true])
  func `a body cut short is never made to look whole`(afterAWhile: Bool) async throws {
    try await withFront(app: { stream, _ in
      guard let request = try stream.readRequest(), let number = Int(request.target.dropFirst()) else {
        return
      }
      let reply = [UInt8]("HTTP/1.1 200 OK\r\n" + Self.short[number])
      let cut = 10 + (reply.firstIndex(of: [UInt8]("0123456789")) ?? 0)
      try stream.send(Array(reply[..<cut]))
      if afterAWhile { pause(milliseconds: 20) }
      try stream.send(Array(reply[cut...]))
    }) { front, _ in
      for number in Self.short.indices {
        let name = Comment(rawValue: [UInt8](Self.short[number]).shown)
        let client = try front.client()
        let response = try client.get("/\(number)")
        // Seen as bad before a byte of it went out, it may be a 502 as well.
        if response.status == 502 {
          try expect502(response, then: client, name)
        } else {
          #expect(response.status == 200, name)
          #expect(!response.isWhole && client.ending != nil, name)
          #expect(!client.received.contains("\r\n0\r\n\r\n"), name)
        }
      }
    }
  }

  @Test(
    arguments: [
      ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
      ("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
      ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
      ("GET", "HTTP/1.1 204 No Content\r\n\r\n"),
      ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
    ], ["EXTRA", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"])
  func `what comes after an answer reaches nobody, and its connection is not used again`(
    answer: (String, String), extra: String
  ) async throws {
    try await withFront(app: { stream, number in
      while let request = try stream.readRequest() {
        try stream.send(answer.1 + (request.target == "/first" ? extra : ""))
      }
    }) { front, upstream in
      let client = try front.client()
      for target in ["/first", "/second", "/third"] {
        try client.send("\(answer.0) \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try client.readResponse(to: answer.0)
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(client.received.shown == [UInt8](String(repeating: answer.1, count: 3)).shown)
      #expect(upstream.connections.count == 2)
    }
  }

  @Test func `an answer that nobody asked for is taken for none`() async throws {
    try await withFront(app: { stream, number in
      let forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
      _ = try stream.readRequest()
      try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood")
      if number == 0 {
        pause(milliseconds: 50)
        try stream.send(forged)
        _ = stream.drain()
      }
    }) { front, _ in
      let client = try front.client()
      #expect(try client.get().text == "good")
      try await Task.sleep(for: .milliseconds(200))
      #expect(try client.get().text == "good")
    }
  }

  @Test func `nobody listens: a 502, after the app has had time to come up`() async throws {
    try await Workspace.with { workspace in
      let front = try await FrontProcess.start(in: workspace, upstream: "127.0.0.1:\(freePort())")
      let client = try front.client()
      try expect502(client.get(), then: client)
      #expect(try front.client().post("body").status == 502)
    }
  }

  @Test func `an app that comes up while a request waits for it gets that`() async throws {
    try await Workspace.with { workspace in
      var answer: Message?
      var took = Duration.seconds(1)
      // The front waits for a second: on a machine that stands still the app may come too late for it.
      for _ in 0..<5 where answer?.status != 200 && took >= .seconds(1) {
        let port = try freePort()
        let front = try await FrontProcess.start(in: workspace, upstream: "127.0.0.1:\(port)")
        let client = try front.client()
        let start = ContinuousClock.now
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")
        try await Task.sleep(for: .milliseconds(200))
        let upstream = try ScriptedUpstream(port: port, ScriptedUpstream.echo)
        defer { upstream.stop() }
        answer = try client.readResponse()
        took = ContinuousClock.now - start
      }
      #expect(answer?.text == "hello")
    }
  }

  private func expect502(_ response: Message, then client: ByteStream, _ name: Comment = "") throws {
    #expect(response.status == 502, "\(name): \(response)")
    #expect(response.isWhole && !response.body.isEmpty, "\(name): \(response)")
    if response.closes {
      #expect(client.receiveRest() == ([], .closed), name)
    } else {
      #expect(client.isSilent(for: 20), name)
    }
  }
}
