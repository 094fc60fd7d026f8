import HTTP
import Linux
import Server
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct StreamTests {
  @Test func `what is written arrives as it comes, and the connection goes on afterwards`() async throws {
    let handler: HTTPServer.Handler = { request, peer, respond in
      guard request.head.path == "/stream" else { return echo(request, peer, respond) }
      let writer = respond.stream(Response(200, headers: [("Content-Type", "text/plain")]))
      Task { @MainLoop in
        for word in ["one", "two", "three"] {
          writer.write(Array(word.utf8))
          await MainLoop.sleep(for: .milliseconds(10))
        }
        writer.finish()
      }
    }
    try await withServer(handler: handler) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(get("/stream") + get("/after"))
      #expect(await client.text(upTo: "\r\n\r\n")?.contains("Transfer-Encoding: chunked") == true)
      for word in ["one", "two", "three", ""] { #expect(await client.chunk() == Array(word.utf8)) }
      #expect(await client.response()?.text == "GET /after ")
    }
  }

  @Test func `to HTTP 1.0 the body ends with the connection`() async throws {
    let handler: HTTPServer.Handler = { _, _, respond in
      let writer = respond.stream(Response(200))
      writer.write(Array("all".utf8))
      writer.finish()
    }
    try await withServer(handler: handler) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send("GET / HTTP/1.0\r\n\r\n")
      #expect(await client.response()?.text == "all")
      #expect(await client.isClosedByPeer())
    }
  }

  @Test func `the writer is told when its reader leaves`() async throws {
    let left = await Once<Bool>()
    let handler: HTTPServer.Handler = { _, _, respond in
      let writer = respond.stream(Response(200))
      writer.write([1])
      writer.onClose = { left.finish(writer.isClosed) }
    }
    try await withServer(handler: handler) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(get("/"))
      #expect(await client.text(upTo: "\r\n\r\n") != nil)
      client.close()
      #expect(await left.value())
    }
  }

  @Test func `a writer that waits for its reader loses nothing`() async throws {
    let size = 1 << 20
    let rounds = 16
    let handler: HTTPServer.Handler = { _, _, respond in
      let writer = respond.stream(Response(200))
      var left = rounds
      writer.onDrain = { [unowned writer] in
        left -= 1
        if left < 0 { writer.finish() } else { writer.write([UInt8](repeating: UInt8(left), count: size)) }
      }
    }
    try await withServer(handler: handler) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(get("/"))
      #expect(await client.response()?.body.count == size * rounds)
    }
  }

  @Test func `a writer that does not wait is cut off from a reader that does not read`() async throws {
    let left = await Once<Void>()
    let handler: HTTPServer.Handler = { _, _, respond in
      let writer = respond.stream(Response(200))
      writer.onClose = { left.finish(()) }
      for _ in 0..<64 { writer.write([UInt8](repeating: 1, count: 1 << 20)) }
    }
    try await withServer({ $0.streamBacklog = 4 << 20 }, handler: handler) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(get("/"))
      await left.value()
    }
  }
}
