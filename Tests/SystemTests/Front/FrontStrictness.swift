import Testing

/// Whatever could be read two ways reaches nobody.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontStrictness {
  @Test(arguments: RefusedTable.heads)
  func `a head in doubt, or not well formed, or too large is refused, and the app hears nothing`(
    table: RefusedTable
  ) async throws {
    try await withFront(app: ScriptedUpstream.echo) { front, upstream in
      for refused in table.requests {
        let size = refused.bytes.count
        for piece in size > 2000 ? [size, 1000] : [size, 1] {
          try expect(front.client(), sending: refused, inPiecesOf: piece)
        }
        #expect(upstream.received.isEmpty, "\(refused.name): \(upstream.received.shown)")
      }
      // It goes on serving others.
      #expect(try front.client().get("/after")["target"] == "/after")
    }
  }

  @Test(arguments: [false, true])
  func `a chunked body in doubt is refused, and the app never sees it end`(afterItsHead: Bool) async throws {
    try await withFront(app: ScriptedUpstream.silent) { front, upstream in
      for refused in Refused.chunks {
        let before = upstream.connections.count
        let client = try front.client()
        var rest = refused
        if afterItsHead {
          try client.send(refused.head)
          try await eventually("the app has the head", every: .milliseconds(1)) {
            upstream.connections.count > before
          }
          rest = refused.withoutHead
        }
        try expect(client, sending: rest, inPiecesOf: afterItsHead ? rest.bytes.count / 2000 + 1 : .max)
        try await eventually("the app's side is over", every: .milliseconds(1)) {
          upstream.served == upstream.connections.count
        }
        for bytes in upstream.connections[before...].map(\.received) {
          #expect(!bytes.contains("\r\n0\r\n\r\n"), "\(refused.name): \(bytes.shown)")
          #expect(!bytes.contains("smuggled"), "\(refused.name): \(bytes.shown)")
        }
      }
    }
  }

  @Test func `a good request and then a bad one: a good answer and then a refusal`() async throws {
    try await withFront(app: ScriptedUpstream.echo) { front, upstream in
      let client = try front.client()
      try client.send(
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"
          + "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(try client.readResponse()["target"] == "/1")
      let refusal = try client.readResponse()
      #expect(refusal.status == 400)
      #expect(refusal.closes)
      #expect(client.receiveRest() == ([], .closed))
      #expect(upstream.received.contains("GET /1 "))
      #expect(!upstream.received.contains("/2") && !upstream.received.contains("/3"))
    }
  }

  @Test func `what follows a refused request is not read as one, however much it is`() async throws {
    try await withFront(app: ScriptedUpstream.echo) { front, upstream in
      let client = try front.client()
      let next = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n"
      try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\n")
      for _ in 0..<100 { try? client.send(String(repeating: next, count: 20)) }
      #expect(try client.readResponse().status == 400)
      #expect(client.receiveRest() == ([], .closed))
      #expect(upstream.received.isEmpty)
    }
  }

  /// One whole answer with one of the statuses, and an orderly end.
  private func expect(_ client: ByteStream, sending refused: Refused, inPiecesOf size: Int) throws {
    var start = 0
    while start < refused.bytes.count {
      let end = size < refused.bytes.count - start ? start + size : refused.bytes.count
      // It may be refused before its end: what comes later is swallowed, or does not arrive.
      do { try client.send(Array(refused.bytes[start..<end])) } catch { break }
      start = end
    }
    let all = client.receiveRest()
    #expect(all.ending == .closed, "\(refused.name)")
    guard let answer = try? Message(response: all.bytes) else {
      throw Failure("\(refused.name), in pieces of \(size): no answer: \(all.bytes.shown)")
    }
    #expect(refused.statuses.contains(answer.status), "\(refused.name): \(answer)")
    #expect(answer.isWhole && answer.closes && !answer.body.isEmpty, "\(refused.name): \(answer)")
    #expect(answer["content-type"]?.hasPrefix("text/plain") == true, "\(refused.name): \(answer)")
  }
}
