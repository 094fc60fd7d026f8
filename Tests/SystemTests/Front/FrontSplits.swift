import Testing

/// Where bytes are cut on their way is nobody's choice: it may change nothing.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontSplits {
  private static let requests = [
    "POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n00a\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
    "GET /2 HTTP/1.1\r\nHost: h\r\nX-Long: 0123456789012345678901234567890123456789\r\n\r\n",
    "\r\nPUT /3 HTTP/1.1\r\nContent-Length: 5\r\nHost: h\r\n\r\nhello",
    "GET http://other/4 HTTP/1.1\r\nHost: h\r\n\r\n",
  ]
  private static let bodies = ["abc0123456789", "", "hello", ""]

  @Test func `pipelined requests are the same, wherever they are cut in two`() async throws {
    let all = [UInt8](Self.requests.joined())
    try await withFront(app: ScriptedUpstream.echo) { front, _ in
      for cut in 1..<all.count {
        let client = try front.client()
        try client.send(Array(all[..<cut]))
        if cut % 3 == 0 { pause(milliseconds: 1) }
        try client.send(Array(all[cut...]))
        for (number, body) in Self.bodies.enumerated() {
          let response = try client.readResponse()
          #expect(response["target"] == "/\(number + 1)", "cut at \(cut)")
          #expect(response.text == body, "cut at \(cut)")
        }
      }
    }
  }

  @Test(
    arguments: [
      "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 10\r\n\r\n0123456789",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n00a\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
      "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
      "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n",
    ])
  func `an answer is the same, wherever it is cut in two`(reply: String) async throws {
    let bytes = [UInt8](reply)
    try await withFront(app: { stream, _ in
      while let request = try stream.readRequest(), let cut = Int(request.target.dropFirst()) {
        try stream.send(Array(bytes[..<cut]))
        pause(milliseconds: 1)
        try stream.send(Array(bytes[cut...]))
      }
    }) { front, upstream in
      let client = try front.client()
      for cut in 1..<bytes.count {
        try client.send("GET /\(cut) HTTP/1.1\r\nHost: h\r\n\r\n")
        let answer = try client.receive(exactly: bytes.count)
        #expect(answer.shown == bytes.shown, "cut at \(cut)")
      }
      #expect(client.isSilent(for: 50))
      #expect(upstream.connections.count == 1)
    }
  }

  @Test func `an upgrade is the same, wherever its two handshakes are cut`() async throws {
    let request = [UInt8](
      "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: Echo/1\r\n\r\nearly bytes")
    let agreed = [UInt8](
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: Echo/1\r\n\r\nwelcome")
    try await withFront(app: { stream, number in
      _ = try stream.receive(through: "\r\n\r\n")
      let cut = 1 + number % (agreed.count - 1)
      try stream.send(Array(agreed[..<cut]))
      pause(milliseconds: 1)
      try stream.send(Array(agreed[cut...]))
      while true {
        let bytes = try stream.receive()
        if bytes.isEmpty { return }
        try stream.send(bytes)
      }
    }) { front, _ in
      for cut in 1..<request.count {
        let client = try front.client()
        try client.send(Array(request[..<cut]))
        if cut % 2 == 0 { pause(milliseconds: 1) }
        try client.send(Array(request[cut...]))
        #expect(try client.readResponse().status == 101, "cut at \(cut)")
        #expect(try client.receive(exactly: 18).text == "welcomeearly bytes", "cut at \(cut)")
        client.finish()
        #expect(client.receiveRest() == ([], .closed), "cut at \(cut)")
      }
    }
  }
}
