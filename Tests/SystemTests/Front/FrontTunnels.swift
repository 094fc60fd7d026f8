import Testing

/// WebSockets and any other protocol that a connection changes to.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontTunnels {
  private static let request =
    "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: Echo/1\r\nX: y\r\n\r\n"
  private static let agreed =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: Echo/1\r\nX: z\r\n\r\n"

  @Test func `the handshake arrives on both sides`() async throws {
    try await withFront(app: Self.echo()) { front, upstream in
      let client = try front.client()
      let response = try client.ask(Self.request)
      #expect(response.status == 101)
      #expect(response["upgrade"] == "Echo/1")
      #expect(response["connection"]?.lowercased() == "upgrade")
      #expect(response["x"] == "z")
      let asked = try Message(head: upstream.received)
      #expect(asked["upgrade"] == "Echo/1")
      #expect(asked["connection"]?.lowercased() == "upgrade")
      #expect(asked["x"] == "y")
      #expect(asked["x-forwarded-for"] == "127.0.0.1")
    }
  }

  @Test func `bytes sent with the handshake or right after it are lost on neither side`() async throws {
    try await withFront(app: Self.echo(greeting: "welcome")) { front, _ in
      for piece in [Self.request.utf8.count + 5, 1] {
        let client = try front.client()
        let bytes = [UInt8](Self.request + "early")
        for start in stride(from: 0, to: bytes.count, by: piece) {
          try client.send(Array(bytes[start..<min(start + piece, bytes.count)]))
        }
        #expect(try client.readResponse().status == 101)
        #expect(try client.receive(exactly: 12).text == "welcomeearly")
        try client.send("late")
        #expect(try client.receive(exactly: 4).text == "late")
      }
    }
  }

  @Test func `any bytes go through, many at once and both ways`() async throws {
    let size = 32 << 20
    try await withFront(app: Self.echo()) { front, _ in
      let before = try await front.memory()
      let client = try front.client()
      _ = try client.ask(Self.request)
      startThread {
        for start in stride(from: 0, to: size, by: 1 << 20) {
          guard (try? client.send(Pattern.bytes(1 << 20, from: start))) != nil else { return }
        }
      }
      for start in stride(from: 0, to: size, by: 1 << 20) {
        let piece = try client.receive(exactly: 1 << 20)
        guard Pattern.matches(piece, from: start) else { throw Failure("other bytes at \(start)") }
      }
      let most = try await front.memory(atMost: true)
      #expect(most < mostMemory(before + 8192), "from \(before) to \(most) kB")
    }
  }

  @Test func `a side that has finished still hears the other one to its end`() async throws {
    let isFinished = Bell()
    try await withFront(app: { stream, number in
      _ = try stream.receive(through: "\r\n\r\n")
      try stream.send(Self.agreed)
      if number == 0 {
        // The client finishes first.
        let all = stream.receiveRest()
        guard all.ending == .closed else { return }
        pause(milliseconds: 200)
        try stream.send(all.bytes + [UInt8](" and more"))
      } else {
        // The app does.
        try stream.send("bye")
        stream.finish()
        if stream.receiveRest().bytes.text == "still here" { isFinished.ring() }
      }
    }) { front, _ in
      let client = try front.client()
      _ = try client.ask(Self.request)
      try client.send("the last word")
      client.finish()
      #expect(client.receiveRest() == ([UInt8]("the last word and more"), .closed))
      let other = try front.client()
      _ = try other.ask(Self.request)
      #expect(other.receiveRest() == ([UInt8]("bye"), .closed))
      try other.send("still ")
      try await Task.sleep(for: .milliseconds(100))
      try other.send("here")
      other.finish()
      #expect(isFinished.wait(atMost: 30))
    }
  }

  @Test(arguments: [false, true])
  func `an app that finishes in the same breath in which it agrees still hears the client`(inOne: Bool)
    async throws
  {
    let count = 200
    let heard = Counter()
    try await withFront(app: { stream, _ in
      _ = try stream.receive(through: "\r\n\r\n")
      try stream.send(Self.agreed + (inOne ? "bye" : ""))
      if !inOne { try stream.send("bye") }
      stream.finish()
      if stream.receiveRest().bytes.text == "still here" { heard.add() }
    }) { front, _ in
      for _ in 0..<count {
        let client = try front.client()
        #expect(try client.ask(Self.request).status == 101)
        #expect(client.receiveRest() == ([UInt8]("bye"), .closed))
        try client.send("still ")
        try client.send("here")
        client.finish()
      }
      try await eventually("all have been heard: \(heard.value)", within: .seconds(10)) {
        heard.value == count
      }
    }
  }

  @Test func `what is under way when both have finished still arrives`() async throws {
    let size = 16 << 20
    try await withFront(app: { stream, _ in
      _ = try stream.receive(through: "\r\n\r\n")
      try stream.send(Self.agreed)
      guard stream.receiveRest().bytes.text == "send it all" else { return }
      try stream.send(Pattern.bytes(size))
    }) { front, _ in
      for _ in 0..<5 {
        let client = try front.client(receiveBuffer: 65536)
        _ = try client.ask(Self.request)
        try client.send("send it all")
        client.finish()
        try await Task.sleep(for: .milliseconds(100))
        let rest = client.receiveRest()
        #expect(rest.ending == .closed)
        #expect(
          rest.bytes.count == size && Pattern.matches(rest.bytes, from: 0), "\(rest.bytes.count) bytes came")
      }
    }
  }

  @Test(arguments: [false, true])
  func `a side that is gone takes the other with it`(clientGoes: Bool) async throws {
    let isOver = Bell()
    try await withFront(app: { stream, _ in
      _ = try stream.receive(through: "\r\n\r\n")
      try stream.send(Self.agreed)
      if clientGoes {
        _ = stream.drain()
        isOver.ring()
      } else {
        _ = try stream.receive(exactly: 1)
        stream.reset()
      }
    }) { front, _ in
      let client = try front.client()
      _ = try client.ask(Self.request)
      if clientGoes {
        client.reset()
        #expect(isOver.wait(atMost: 10))
      } else {
        try client.send("x")
        client.wait(atMost: .seconds(10))
        #expect(client.receiveRest().ending != .silent)
      }
    }
  }

  @Test func `an app that does not want to change answers as ever, and the connection stays`() async throws {
    let refusal =
      "HTTP/1.1 426 Upgrade Required\r\nUpgrade: HTTP/3\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nno"
    try await withFront(app: { stream, _ in
      while let request = try stream.readRequest() {
        try stream.send(
          request.target == "/ws" ? refusal : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
      }
    }) { front, _ in
      let client = try front.client()
      for _ in 0..<2 {
        let response = try client.ask(Self.request)
        #expect(response.status == 426)
        #expect(response["upgrade"] == "HTTP/3")
        #expect(response["connection"]?.lowercased().contains("upgrade") == true)
        #expect(response.text == "no")
        #expect(try client.get().text == "hi")
      }
    }
  }

  @Test(
    arguments: [
      "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: Echo/1\r\n\r\n",
      "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: close\r\nUpgrade: Echo/1\r\n\r\n",
      "GET /ws HTTP/1.0\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: Echo/1\r\n\r\n",
      "POST /ws HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: Echo/1\r\nContent-Length: 0\r\n\r\n",
    ])
  func `nobody changes the protocol who may not`(request: String) async throws {
    try await withFront(app: ScriptedUpstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")) {
      front, upstream in
      let response = try front.client().ask(request)
      #expect(response.text == "hi")
      #expect(request.hasPrefix("POST") || !upstream.received.contains("Echo/1"))
    }
  }

  @Test func `a WebSocket of Bun's echoes messages of any size`() async throws {
    try await withEchoApp { front in
      let socket = try WebSocketClient(front.client(), path: "/ws")
      for size in [0, 1, 125, 126, 65_535, 65_536, 1_000_000] {
        let message = Pattern.bytes(size)
        try socket.send(message)
        #expect(try socket.receive() == .binary(message))
      }
      try socket.ping([1, 2, 3])
      #expect(try socket.receive() == .pong([1, 2, 3]))
      try socket.close(code: 1000)
      #expect(try socket.receive() == .close(1000))
      #expect(socket.stream.receiveRest() == ([], .closed))
    }
  }

  @Test func `many WebSockets live side by side`() async throws {
    try await withEchoApp { front in
      let sockets = try (0..<200).map { _ in try WebSocketClient(front.client(), path: "/ws") }
      for (number, socket) in sockets.enumerated() { try socket.send([UInt8]("message \(number)")) }
      for (number, socket) in sockets.enumerated().reversed() {
        #expect(try socket.receive() == .binary([UInt8]("message \(number)")))
      }
    }
  }

  private static func echo(greeting: String = "") -> ScriptedUpstream.Script {
    { stream, _ in
      _ = try stream.receive(through: "\r\n\r\n")
      try stream.send(agreed + greeting)
      while true {
        let bytes = try stream.receive()
        if bytes.isEmpty { return }
        try stream.send(bytes)
      }
    }
  }
}
