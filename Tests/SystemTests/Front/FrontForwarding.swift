import Testing

/// What goes in at one side comes out at the other.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontForwarding {
  @Test func `a response arrives byte for byte`() async throws {
    let reply =
      "HTTP/1.1 299 Quite  fine\r\nx-b: 2\r\nX-A:  1 \r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\n"
      + "X-Latin: \u{e9}\r\nX-Empty:\r\nContent-Length: 5\r\n\r\nhe\0\u{ff}o"
    try await withFront(app: ScriptedUpstream.answering(reply)) { front, _ in
      let client = try front.client()
      _ = try client.get()
      #expect(client.received.shown == [UInt8](reply).shown)
    }
  }

  @Test(arguments: ["HTTP/1.1 200 \r\n", "HTTP/1.1 200\r\n", "HTTP/1.1 404 Nicht\u{e9}\r\n"])
  func `a status line without a reason, and one with an odd one, pass`(line: String) async throws {
    try await withFront(app: ScriptedUpstream.answering(line + "Content-Length: 0\r\n\r\n")) { front, _ in
      let response = try front.client().get()
      #expect(response.startLine.hasPrefix(String(line.dropLast().prefix(12))))
      #expect(response.isWhole)
    }
  }

  @Test(arguments: [0, 1, 17, 4096, 65_535, 65_536, 300_000, 5_000_000])
  func `a body of any size goes up and comes back`(size: Int) async throws {
    let body = Pattern.bytes(size)
    try await withFront(app: ScriptedUpstream.echo) { front, _ in
      let client = try front.client()
      for _ in 0..<2 {
        // Both at once: the app answers only when it has all, but the kernel's buffers are smaller than this.
        try client.send("PUT /up HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
        try client.send(body)
        let response = try client.readResponse()
        #expect(response.status == 200)
        #expect(response["method"] == "PUT")
        #expect(response.body.elementsEqual(body), "\(response.body.count) bytes came back")
      }
    }
  }

  @Test(arguments: [1, 7, 1000, 70_000])
  func `a chunked body goes up whole, however it is cut`(size: Int) async throws {
    let body = Pattern.bytes(200_000)
    try await withFront(app: ScriptedUpstream.echo) { front, upstream in
      let client = try front.client()
      try client.send("POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
      var start = 0
      while start < (size == 1 ? 2000 : body.count) {
        let piece = body[start..<min(start + size, body.count)]
        try client.send([UInt8](String(piece.count, radix: 16) + "\r\n") + piece + [13, 10])
        start += piece.count
      }
      try client.send("0\r\n\r\n")
      let response = try client.readResponse()
      #expect(response.body.elementsEqual(body[..<start]))
      #expect(upstream.received.contains("hunked"), "it goes on as it came")
      #expect(!upstream.received.contains("Content-Length"))
    }
  }

  @Test func `an upper-case size, an extension and trailers go through`() async throws {
    let reply = """
      HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r
      000A;x=y;z="q"\r\n0123456789\r\n1\r\n!\r\n0\r\nX-Sum: 11\r\nX-More: a b\r\n\r\n
      """
    try await withFront(app: { stream, _ in
      while let request = try stream.readRequest() {
        let trailers = request.trailers.map(\.description)
        guard request.text == "hello world", trailers == ["X-Up: 1"] else { return }
        try stream.send(reply)
      }
    }) { front, _ in
      let client = try front.client()
      for _ in 0..<2 {
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        try client.send("B;a=b\r\nhello world\r\n0;last\r\nX-Up: 1\r\n\r\n")
        let response = try client.readResponse()
        #expect(response.text == "0123456789!")
        #expect(response.trailers.map(\.description) == ["X-Sum: 11", "X-More: a b"])
      }
    }
  }

  @Test(arguments: ["GET", "HEAD", "DELETE", "OPTIONS", "PATCH", "PURGE", "M-SEARCH", "get", "x"])
  func `any method passes, and the connection stays`(method: String) async throws {
    try await withFront(app: ScriptedUpstream.echo) { front, _ in
      let client = try front.client()
      for target in ["/1", "/2"] {
        let response = try client.ask("\(method) \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(response["method"] == method)
        #expect(response["target"] == target)
      }
    }
  }

  @Test(
    arguments: [
      ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
      ("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
      ("HEAD", "HTTP/1.1 200 OK\r\nX: y\r\n\r\n"),
      ("GET", "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"),
      ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\nETag: \"a\"\r\n\r\n"),
      ("POST", "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"),
    ])
  func `what has no body by rule ends with its head, and both connections stay`(method: String, reply: String)
    async throws
  {
    try await withFront(app: ScriptedUpstream.answering(reply)) { front, upstream in
      let client = try front.client()
      for _ in 0..<3 {
        let length = method == "POST" ? "Content-Length: 0\r\n" : ""
        try client.send("\(method) / HTTP/1.1\r\nHost: h\r\n\(length)\r\n")
        #expect(try client.readResponse(to: method).startLine == reply.prefix { $0 != "\r\n" })
      }
      #expect(client.received.shown == [UInt8](String(repeating: reply, count: 3)).shown)
      // A POST takes a used connection only once the app is known to keep them.
      #expect(upstream.connections.count == 1 || method == "POST")
    }
  }

  @Test func `pipelined requests are answered in order`() async throws {
    try await withFront(app: ScriptedUpstream.echo) { front, _ in
      let client = try front.client()
      let requests = (0..<50).map { number in
        number % 3 == 0
          ? "POST /\(number) HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
          : "GET /\(number) HTTP/1.1\r\nHost: h\r\n\r\n"
      }
      try client.send(requests.joined())
      for number in 0..<50 {
        let response = try client.readResponse()
        #expect(response["target"] == "/\(number)")
        #expect(response.text == (number % 3 == 0 ? "body" : ""))
      }
    }
  }

  @Test func `an app on a Unix socket serves as well`() async throws {
    try await withFront(unix: true, app: ScriptedUpstream.echo) { front, _ in
      let client = try front.client()
      #expect(try client.post("hello").text == "hello")
      #expect(try client.get("/2")["target"] == "/2")
    }
  }

  @Test(arguments: ["1", "2", "4"])
  func `more loops give the same answers`(count: String) async throws {
    try await withFront(["--threads", count], app: ScriptedUpstream.echo) { front, _ in
      let results = try await onThreads(16) { number in
        let client = try front.client()
        return try (0..<20).allSatisfy { try client.post("\(number) \($0)").text == "\(number) \($0)" }
      }
      #expect(results.allSatisfy { $0 })
    }
  }
}
