import HTTP
import Linux
import Server
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct HTTPServerTests {
  @Test func `a connection serves one request after the other`() async throws {
    try await withServer(handler: echo) { port, _ in
      let client = try LoopbackClient(port: port)
      for path in ["/one", "/two", "/three"] {
        try client.send(get(path))
        #expect(await client.response()?.text == "GET \(path) ")
      }
    }
  }

  @Test func `a request may come byte by byte`() async throws {
    try await withServer(handler: echo) { port, _ in
      let client = try LoopbackClient(port: port)
      for byte in Array((post("/slow", length: 3) + "abc").utf8) { try client.send([byte]) }
      #expect(await client.response()?.text == "POST /slow abc")
    }
  }

  @Test func `pipelined requests are answered in order, however long each takes`() async throws {
    let handler: HTTPServer.Handler = { request, peer, respond in
      guard request.head.path == "/late" else { return echo(request, peer, respond) }
      respond.answer {
        await MainLoop.sleep(for: .milliseconds(30))
        return .text(200, "late")
      }
    }
    try await withServer(handler: handler) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(get("/late") + get("/a") + get("/late") + post("/b", length: 1) + "x" + get("/c"))
      var texts: [String?] = []
      for _ in 0..<5 { texts.append(await client.response()?.text) }
      #expect(texts == ["late", "GET /a ", "late", "POST /b x", "GET /c "])
    }
  }

  @Test func `thousands of pipelined requests do not exhaust the stack`() async throws {
    try await withServer(handler: echo) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(String(repeating: get("/"), count: 4000))
      for _ in 0..<4000 where await client.response()?.status != 200 { Issue.record("an answer is missing") }
    }
  }

  @Test func `HTTP 1.0 and Connection close end with the answer`() async throws {
    try await withServer(handler: echo) { port, _ in
      for request in ["GET /a HTTP/1.0\r\n\r\n", "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"] {
        let client = try LoopbackClient(port: port)
        try client.send(request)
        let response = try #require(await client.response())
        #expect(response.head.contains("Connection: close"))
        #expect(await client.isClosedByPeer())
      }
    }
  }

  @Test func `a client that has finished sending still gets its answer`() async throws {
    let handler: HTTPServer.Handler = { _, _, respond in
      respond.answer {
        await MainLoop.sleep(for: .milliseconds(50))
        return .text(200, "done")
      }
    }
    try await withServer(handler: handler) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(get("/"))
      client.finishSending()
      #expect(await client.response()?.text == "done")
      #expect(await client.isClosedByPeer())
    }
  }

  @Test func `a malformed request is answered with 400 and a closed connection`() async throws {
    try await withServer(handler: echo) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send("GET / HTTP/1.1\r\n\r\n" + get("/next"))
      let response = try #require(await client.response())
      #expect(response.status == 400)
      #expect(response.text.contains(#""code":"bad_request""#))
      #expect(await client.isClosedByPeer())
    }
  }

  @Test func `the handler is told who asks`() async throws {
    let handler: HTTPServer.Handler = { _, peer, respond in
      respond(.text(200, "\(peer.address) \(peer.isLoopback)"))
    }
    try await withServer(handler: handler) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(get("/"))
      #expect(await client.response()?.text == "127.0.0.1 true")
    }
  }

  @Test func `only the first answer counts`() async throws {
    let handler: HTTPServer.Handler = { _, _, respond in
      respond(.text(200, "first"))
      respond(.text(200, "second"))
    }
    try await withServer(handler: handler) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(get("/") + get("/"))
      #expect(await client.response()?.text == "first")
      #expect(await client.response()?.text == "first")
    }
  }

  @Test func `a large answer reaches a reader that takes its time`() async throws {
    let size = 8 << 20
    let handler: HTTPServer.Handler = { _, _, respond in
      respond(Response(200, body: [UInt8](repeating: 7, count: size)))
    }
    try await withServer(handler: handler) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(get("/") + get("/"))
      try await Task.sleep(for: .milliseconds(50))
      #expect(await client.response()?.body.count == size)
      #expect(await client.response()?.body.count == size)
    }
  }

  @Test func `stopping lets a request in flight finish and ends idle connections`() async throws {
    let isBusy = await Once<Void>()
    let handler: HTTPServer.Handler = { request, _, respond in
      let duration: Duration = request.head.path == "/busy" ? .seconds(2) : .milliseconds(100)
      if request.head.path == "/busy" { isBusy.finish(()) }
      respond.answer {
        await MainLoop.sleep(for: duration)
        return .text(200, "finished")
      }
    }
    try await withServer(handler: handler) { port, server in
      let idle = try LoopbackClient(port: port)
      try idle.send(get("/"))
      #expect(await idle.response()?.text == "finished")
      let busy = try LoopbackClient(port: port)
      try busy.send(get("/busy"))
      await isBusy.value()
      await server.stop(within: .seconds(30))
      let response = try #require(await busy.response())
      #expect(response.text == "finished")
      #expect(response.head.contains("Connection: close"))
      #expect(await idle.isClosedByPeer())
      #expect(throws: SystemError.self) { try LoopbackClient(port: port) }
    }
  }

  @Test func `stopping does not wait for longer than it may`() async throws {
    try await withServer(handler: { _, _, respond in respond.answer { await Once<Response>().value() } }) {
      port, server in
      let client = try LoopbackClient(port: port)
      try client.send(get("/"))
      try await Task.sleep(for: .milliseconds(30))
      let start = ContinuousClock.now
      await server.stop(within: .milliseconds(50))
      #expect(ContinuousClock.now - start < .seconds(20))
      #expect(await client.isClosedByPeer())
    }
  }

  @Test func `a client is answered though nobody holds the server any more`() async throws {
    MainLoopThread.start()
    let listener = try Listener.tcp(port: 0, setting: "CONTROL_PORT")
    var server: HTTPServer? = await HTTPServer(handler: echo)
    try await server?.listen(listener)
    let client = try LoopbackClient(port: listener.port)
    try client.send(get("/first"))
    #expect(await client.response()?.text == "GET /first ")
    server = nil
    try client.send(get("/second"))
    #expect(await client.response()?.text == "GET /second ")
  }
}
