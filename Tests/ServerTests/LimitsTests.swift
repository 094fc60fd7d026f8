import HTTP
import Linux
import TestSupport
import Testing

@testable import Server

@Suite(.timeLimit(.minutes(5))) struct LimitsTests {
  private static func hurry(_ limits: inout Limits) {
    limits.tick = .milliseconds(20)
    limits.headTicks = 3
    limits.bodyTicks = 3
    limits.idleTicks = 3
    limits.writeTicks = 3
    limits.lingerTicks = 10
  }

  @Test(arguments: [
    "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n", post("/", length: 5), post("/", length: 5) + "abc",
  ])
  func `a request that does not arrive in time is answered with 408`(text: String) async throws {
    try await withServer(Self.hurry, handler: echo) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(text)
      #expect(await client.response()?.status == 408)
      #expect(await client.isClosedByPeer())
    }
  }

  @Test func `a head that drips is no reason for more patience`() async throws {
    try await withServer(Self.hurry, handler: echo) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send("GET / HTTP/1.1\r\n")
      for _ in 0..<20 {
        try? client.send("A: b\r\n")
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(await client.response()?.status == 408)
    }
  }

  @Test func `an idle connection is closed without a word`() async throws {
    try await withServer(Self.hurry, handler: echo) { port, _ in
      let fresh = try LoopbackClient(port: port)
      let used = try LoopbackClient(port: port)
      try used.send(get("/"))
      #expect(await used.response()?.status == 200)
      #expect(await used.isClosedByPeer())
      #expect(await fresh.isClosedByPeer())
    }
  }

  @Test func `a reader that takes nothing is cut off`() async throws {
    let handler: HTTPServer.Handler = { _, _, respond in
      respond(Response(200, body: [UInt8](repeating: 7, count: 64 << 20)))
    }
    try await withServer(Self.hurry, handler: handler) { port, server in
      let client = try LoopbackClient(port: port)
      try client.send(get("/"))
      // Not before it is connected, and then until it has been given up.
      while await server.openConnections == 0 { try await Task.sleep(for: .milliseconds(5)) }
      while await server.openConnections > 0 { try await Task.sleep(for: .milliseconds(20)) }
      let count = await client.response()?.body.count ?? 0
      #expect(count < 64 << 20)
    }
  }

  @Test func `a stream's reader may take nothing for longer, also when all of it is written`() async throws {
    let handler: HTTPServer.Handler = { _, _, respond in
      let writer = respond.stream(Response(200))
      writer.write([UInt8](repeating: 7, count: 15 << 20))
      writer.finish()
    }
    try await withServer(Self.hurry, handler: handler) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(get("/"))
      try await Task.sleep(for: .milliseconds(400))
      #expect(await client.response()?.body.count == 15 << 20)
    }
  }

  @Test func `a stream's reader that takes nothing for too long is cut off`() async throws {
    let left = await Once<Void>()
    let handler: HTTPServer.Handler = { _, _, respond in
      let writer = respond.stream(Response(200))
      writer.onClose = { left.finish(()) }
      writer.write([UInt8](repeating: 7, count: 15 << 20))
    }
    let hurry: (inout Limits) -> Void = { limits in
      Self.hurry(&limits)
      limits.streamTicks = 10
    }
    try await withServer(hurry, handler: handler) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(get("/"))
      await left.value()
    }
  }

  @Test func `413 reaches a client that is still sending`() async throws {
    try await withServer(handler: echo) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(post("/", length: 16 << 20))
      try client.send([UInt8](repeating: 1, count: 16 << 20))
      let response = try #require(await client.response())
      #expect(response.status == 413)
      #expect(await client.isClosedByPeer())
    }
  }

  @Test func `an answer before the body reaches a client that is still sending`() async throws {
    let admit: HTTPServer.Admit = { head, _ in
      head.path == "/closed" ? .answer(.error(401, "Not signed.")) : .body(limit: 10)
    }
    try await withServer(admit: admit, handler: echo) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(post("/closed", length: 4 << 20))
      try client.send([UInt8](repeating: 1, count: 4 << 20))
      #expect(await client.response()?.status == 401)
      #expect(await client.isClosedByPeer())
    }
  }

  @Test func `an answer before a body that is none keeps the connection`() async throws {
    let admit: HTTPServer.Admit = { head, _ in
      head.path == "/closed" ? .answer(.error(401, "Not signed.")) : .body(limit: 10)
    }
    try await withServer(admit: admit, handler: echo) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(get("/closed") + get("/open"))
      #expect(await client.response()?.status == 401)
      #expect(await client.response()?.text == "GET /open ")
    }
  }

  @Test func `100 Continue is sent once, to who waits for it`() async throws {
    try await withServer(handler: echo) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(post("/", length: 2, "Expect: 100-continue\r\n"))
      #expect(await client.response()?.status == 100)
      try client.send("a")
      try client.send("b")
      #expect(await client.response()?.text == "POST / ab")
      try client.send(post("/", length: 2, "Expect: 100-continue\r\n") + "cd")
      #expect(await client.response()?.text == "POST / cd")
    }
  }

  @Test func `who would send too much is not told to continue`() async throws {
    try await withServer(handler: echo) { port, _ in
      let client = try LoopbackClient(port: port)
      try client.send(post("/", length: 2 << 20, "Expect: 100-continue\r\n"))
      #expect(await client.response()?.status == 413)
    }
  }

  @Test func `bodies together are held to a bound`() async throws {
    try await withServer({ $0.bufferedBodies = 100_000 }, handler: echo) { port, server in
      let first = try LoopbackClient(port: port)
      try first.send(post("/", length: 90_001))
      try first.send([UInt8](repeating: 65, count: 90_000))
      while await server.bufferedBytes < 90_000 { try await Task.sleep(for: .milliseconds(5)) }
      let second = try LoopbackClient(port: port)
      try second.send(post("/", length: 20_001))
      try second.send([UInt8](repeating: 65, count: 20_000))
      let response = try #require(await second.response())
      #expect(response.status == 503)
      #expect(response.head.contains("Retry-After: 5"))
      try first.send("A")
      #expect(await first.response()?.status == 200)
      let third = try LoopbackClient(port: port)
      try third.send(post("/", length: 90_000))
      try third.send([UInt8](repeating: 65, count: 90_000))
      #expect(await third.response()?.status == 200)
    }
  }

  @Test func `streams leave places for requests`() async throws {
    let handler: HTTPServer.Handler = { request, peer, respond in
      guard request.head.path == "/stream" else { return echo(request, peer, respond) }
      if let refusal = respond.refusalOfStream { return respond(refusal) }
      let writer = respond.stream(Response(200))
      writer.write([1])
      if request.head.method == "POST" { writer.finish() }
    }
    try await withServer({ $0.connections = 4 }, handler: handler) { port, server in
      let clients = try (0..<3).map { _ in try LoopbackClient(port: port) }
      for client in clients.prefix(2) {
        try client.send(get("/stream"))
        #expect(await client.text(upTo: "\r\n\r\n")?.hasPrefix("HTTP/1.1 200 ") == true)
      }
      try clients[2].send(get("/stream"))
      let refused = try #require(await clients[2].response())
      #expect(refused.status == 503)
      #expect(refused.head.contains("Retry-After: 5"))
      try clients[2].send(get("/a"))
      #expect(await clients[2].response()?.text == "GET /a ")
      // One that leaves, and those that end, make room.
      clients[0].close()
      while await server.openStreams > 1 { try await Task.sleep(for: .milliseconds(2)) }
      for _ in 0..<4 {
        try clients[2].send(post("/stream", length: 0))
        #expect(await clients[2].response()?.status == 200)
      }
      clients[1].close()
      while await server.openStreams > 0 { try await Task.sleep(for: .milliseconds(2)) }
    }
  }

  @Test func `at least half of the places may be streams`() {
    var limits = Limits()
    #expect(limits.streams == 128)
    limits.connections = 4096
    #expect(limits.streams == 3840)
    limits.streams = 7
    #expect(limits.streams == 7)
  }

  @Test func `when all places are taken the oldest idle connection makes room`() async throws {
    try await withServer({ $0.connections = 3 }, handler: echo) { port, _ in
      let clients = try (0..<3).map { _ in try LoopbackClient(port: port) }
      for client in clients {
        try client.send(get("/"))
        #expect(await client.response()?.status == 200)
      }
      try clients[0].send(get("/"))
      #expect(await clients[0].response()?.status == 200)
      let another = try LoopbackClient(port: port)
      try another.send(get("/another"))
      #expect(await another.response()?.text == "GET /another ")
      #expect(await clients[1].isClosedByPeer())
      for index in [0, 2] {
        try clients[index].send(get("/"))
        #expect(await clients[index].response()?.status == 200)
      }
    }
  }

  @Test func `when all places are at work a newcomer waits`() async throws {
    let handler: HTTPServer.Handler = { _, _, respond in
      respond.answer {
        await MainLoop.sleep(for: .milliseconds(60))
        return .text(200, "done")
      }
    }
    try await withServer({ $0.connections = 2 }, handler: handler) { port, _ in
      // Each asks before the next one comes: who has asked nothing yet makes room.
      let clients = try (0..<6).map { _ in
        let client = try LoopbackClient(port: port)
        try client.send(get("/"))
        return client
      }
      for client in clients { #expect(await client.response()?.text == "done") }
    }
  }
}
