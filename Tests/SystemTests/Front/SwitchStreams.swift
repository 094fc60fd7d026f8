import Foundation
import Testing

/// What lasts longer than a switch: streams, WebSockets, uploads.
@Suite(.fewAtATime, .onItsOwnThread)
struct SwitchStreams {
  @Test func `an event stream goes on through a switch and ends at an event's end when the drain is over`()
    async throws
  {
    try await withFrontedApp(["DRAIN_TIMEOUT": "10"]) { manager, repository in
      let stream = try manager.client()
      try stream.send("GET /events?every=5 HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n")
      _ = try stream.receive(through: "\r\n\r\n")
      _ = try stream.receive(through: "\"number\":1}")
      let start = ContinuousClock.now
      try await repository.commitEcho("2")
      try await manager.deployByHand()
      let live = ContinuousClock.now
      #expect(try manager.servingRelease() == "2")
      let rest = stream.receiveRest()
      #expect(rest.ending == .closed)
      #expect(ContinuousClock.now - live > .seconds(1), "it ended before its time")
      #expect(ContinuousClock.now - start < .seconds(60))
      let body = try decoded(chunked: stream.received)
      #expect(body.suffix(2) == [10, 10], "it ends with \(body.suffix(60).shown)")
      let numbers = body.text.matches(of: /"release":"1","number":(\d+)/).compactMap { Int($0.1) }
      #expect(numbers == Array(1...numbers.count), "an event is missing or torn")
      #expect(numbers.count > 100)
      // As a browser does then.
      let next = try manager.client()
      try next.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n")
      _ = try next.receive(through: "\"number\":1}")
      #expect(next.received.contains("\"release\":\"2\""))
    }
  }

  @Test func `a WebSocket goes on through a switch and is closed with 1001 when the drain is over`()
    async throws
  {
    try await withFrontedApp(["DRAIN_TIMEOUT": "10"]) { manager, repository in
      let socket = try WebSocketClient(manager.client(), path: "/ws")
      try socket.send([1, 2, 3])
      #expect(try socket.receive() == .binary([1, 2, 3]))
      try await repository.commitEcho("2")
      try await manager.deployByHand()
      #expect(try manager.servingRelease() == "2")
      let big = Pattern.bytes(500_000)
      try socket.send(big)
      #expect(try socket.receive() == .binary(big), "the old release still talks")
      #expect(try socket.receive() == .close(1001))
      #expect(socket.stream.receiveRest().ending == .closed)
      let next = try WebSocketClient(manager.client(), path: "/ws")
      try next.send([4])
      #expect(try next.receive() == .binary([4]))
    }
  }

  /// While big messages run, so that a Close in their middle would be seen.
  @Test func `a busy WebSocket is closed between two messages`() async throws {
    try await withFrontedApp(["DRAIN_TIMEOUT": "1"]) { manager, repository in
      let socket = try WebSocketClient(manager.client(), path: "/ws")
      let message = Pattern.bytes(300_000)
      startThread { while (try? socket.send(message)) != nil {} }
      #expect(try socket.receive() == .binary(message))
      try await repository.commitEcho("2")
      // The reading has a thread of its own: it would keep the deployment from being asked for.
      async let reading = onThread {
        var whole = 0
        while true {
          let event = try socket.receive()
          guard case .binary(let bytes) = event else { return (whole, event) }
          guard bytes == message else { throw Failure("a message of \(bytes.count) other bytes") }
          whole += 1
        }
      }
      try await manager.deployByHand()
      let (whole, last) = try await reading
      #expect(last == .close(1001))
      #expect(whole > 0)
      socket.stream.cut()
    }
  }

  /// BASCULE_UPLOAD MiB over some seconds.
  @Test func `a slow upload across a switch arrives whole at the release that it began with`() async throws {
    let size = Toolbox.limit("BASCULE_UPLOAD", otherwise: 20) << 20
    try await withFrontedApp(["DRAIN_TIMEOUT": "60"]) { manager, repository in
      let client = try manager.client()
      try client.send("POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
      try client.send(Pattern.bytes(size / 4))
      try await repository.commitEcho("2")
      let deployment = Task { try await manager.deployByHand() }
      for start in stride(from: size / 4, to: size, by: 1 << 20) {
        try client.send(Pattern.bytes(min(1 << 20, size - start), from: start))
        pause(milliseconds: 100)
      }
      try await deployment.value
      #expect(try manager.servingRelease() == "2")
      let answer = try JSON(parsing: Data(client.readResponse().body))
      #expect(answer["release"].string == "1")
      #expect(answer["size"].int == size)
      let file = try manager.workspace.write("", to: "upload")
      try Data(Pattern.bytes(size)).write(to: URL(filePath: file))
      let sum = try await manager.workspace.run(["sha256sum", file])
      #expect(answer["sha256"].string == String(sum.prefix(64)))
    }
  }

  @Test func `a slow answer across a switch comes from the release that was asked`() async throws {
    try await withFrontedApp(["DRAIN_TIMEOUT": "30", "WATCH_TIME": "1"]) { manager, repository in
      let client = try manager.client()
      try client.send("GET /slow?ms=4000 HTTP/1.1\r\nHost: h\r\n\r\n")
      try await repository.commitEcho("2")
      try await manager.deployByHand()
      #expect(try manager.servingRelease() == "2")
      #expect(try client.readResponse().text == #"{"release":"1"}"#)
      // On the same connection the next one is the new release's.
      #expect(try client.get("/echo")["x-release"] == "2")
      try await manager.whileRunning("the old release has gone") {
        manager.log.contains("Stopping release 1")
      }
    }
  }

  @Test func `what outlasts the drain is cut, and never looks whole`() async throws {
    try await withFrontedApp(["DRAIN_TIMEOUT": "1", "WATCH_TIME": "1"]) { manager, repository in
      let client = try manager.client()
      try client.send("GET /slow?ms=60000 HTTP/1.1\r\nHost: h\r\n\r\n")
      try await repository.commitEcho("2")
      try await manager.deployByHand()
      let start = ContinuousClock.now
      let answer = try? client.readResponse()
      #expect(answer.map { $0.status >= 500 } ?? true, "\(String(describing: answer))")
      #expect(ContinuousClock.now - start < .seconds(25))
    }
  }

  /// BASCULE_WEBSOCKETS of them.
  @Test func `many WebSockets at once all talk on and are all closed with 1001`() async throws {
    let count = Toolbox.limit("BASCULE_WEBSOCKETS", otherwise: 500)
    raiseDescriptorLimit()
    try await withFrontedApp(["DRAIN_TIMEOUT": "15"]) { manager, repository in
      let pid = try await manager.pid()
      let sockets = try (0..<count).map { number in
        let socket = try WebSocketClient(manager.client(), path: "/ws")
        try socket.send([UInt8]("hello \(number)"))
        return socket
      }
      for (number, socket) in sockets.enumerated() {
        #expect(try socket.receive() == .binary([UInt8]("hello \(number)")))
      }
      let memory = try #require(Procfs.status(pid, "RssAnon"))
      try await repository.commitEcho("2")
      try await manager.deployByHand()
      for (number, socket) in sockets.enumerated() { try socket.send([UInt8]("again \(number)")) }
      var closed = 0
      for (number, socket) in sockets.enumerated() {
        let event = try socket.receive()
        guard event == .binary([UInt8]("again \(number)")) else { throw Failure("\(number): \(event)") }
        let end = try socket.receive()
        guard end == .close(1001) else { throw Failure("\(number): \(end)") }
        socket.stream.close()
        closed += 1
      }
      #expect(closed == count)
      print("\(count) WebSockets: \(memory) kB of anonymous memory")
      #expect(memory < 30_000 + count * 8)
      try await eventually("their descriptors are closed") { Procfs.openDescriptors(pid) < 200 }
    }
  }

  private func raiseDescriptorLimit() {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// Through a socket, since that is what the reader reads.
  private func decoded(chunked bytes: [UInt8]) throws -> [UInt8] {
    let replay = try ScriptedUpstream { stream, _ in try stream.send(bytes) }
    defer { replay.stop() }
    guard let port = replay.address.split(separator: ":").last.flatMap({ Int($0) }) else { return [] }
    let response = try rawClient(port: port).readResponse()
    guard response.isChunked, response.isWhole else {
      throw Failure("the stream was cut: \(bytes.suffix(80).shown)")
    }
    return response.body
  }
}
