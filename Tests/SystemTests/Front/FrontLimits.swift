import Glibc
import Testing

/// Whoever is slow, silent or many does not take the front from the others.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontLimits {
  private static let hi = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

  @Test(arguments: [
    "GET / HT", "GET / HTTP/1.1\r\nHost: h\r\nX", "GET / HTTP/1.1\r\nHost: h\r\n", "\r\n", "G",
  ])
  func `a head that stops half-way is a 408 at its deadline`(start: String) async throws {
    try await withFront(["--head-timeout", "4"], app: ScriptedUpstream.echo) { front, upstream in
      let client = try front.client()
      try client.send(start)
      #expect(client.isSilent(for: 500))
      let answer = try client.readResponse()
      #expect(answer.status == 408)
      #expect(answer.closes)
      #expect(client.receiveRest() == ([], .closed))
      #expect(upstream.received.isEmpty)
    }
  }

  @Test func `a head that never stops is not granted more time with each byte`() async throws {
    try await withFront(["--head-timeout", "1"], app: ScriptedUpstream.echo) { front, _ in
      let client = try front.client()
      try client.send("GET / HTTP/1.1\r\nHost: h\r\nX: ")
      for _ in 0..<100 {
        usleep(50_000)
        do { try client.send("y") } catch { break }
        if !client.isSilent(for: 0) { break }
      }
      #expect(try client.readResponse().status == 408)
    }
  }

  @Test func `half a head behind a whole request has a deadline as well`() async throws {
    try await withFront(["--head-timeout", "1"], app: ScriptedUpstream.echo) { front, _ in
      let client = try front.client()
      try client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHo")
      #expect(try client.readResponse()["target"] == "/1")
      client.wait(atMost: .seconds(10))
      #expect(try client.readResponse().status == 408)
      #expect(client.receiveRest() == ([], .closed))
    }
  }

  @Test(arguments: [100_000, 3_000_000])
  func `a client that takes only the beginning of its answer is let go`(size: Int) async throws {
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n" + String(repeating: "x", count: size)
    try await withFront(["--stall-timeout", "1"], app: ScriptedUpstream.answering(reply)) { front, _ in
      let before = try await front.descriptors()
      let clients = try (0..<5).map { _ in try front.client(receiveBuffer: 2048) }
      for client in clients {
        try client.send(String(repeating: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", count: 100))
      }
      // At most one connection to the app may be kept for each.
      try await eventually("their descriptors are closed", within: .seconds(20)) {
        try await front.descriptors() <= before + 5
      }
      #expect(try front.client().get().status == 200)
    }
  }

  @Test func `a head that comes a byte at a time, in time, is as good as any`() async throws {
    try await withFront(["--head-timeout", "20"], app: ScriptedUpstream.echo) { front, _ in
      let client = try front.client()
      for _ in 0..<2 {
        for byte in [UInt8]("GET /slow HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n") {
          try client.send([byte])
          usleep(2000)
        }
        #expect(try client.readResponse()["target"] == "/slow")
      }
    }
  }

  @Test(
    arguments: [
      "Content-Length: 10\r\n\r\nhello", "Content-Length: 10\r\n\r\n",
      "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    ])
  func `a body that stops half-way is a 408 at its deadline, and the app never sees it end`(rest: String)
    async throws
  {
    try await withFront(["--stall-timeout", "1"], app: ScriptedUpstream.silent) { front, upstream in
      let client = try front.client()
      try client.send("POST / HTTP/1.1\r\nHost: h\r\n\(rest)")
      let answer = try client.readResponse()
      #expect(answer.status == 408)
      #expect(answer.closes)
      #expect(client.receiveRest() == ([], .closed))
      try await eventually("the app's side is over") { upstream.served == upstream.connections.count }
      #expect(!upstream.received.contains("\r\n0\r\n\r\n"))
    }
  }

  @Test func `a body that comes slowly is taken as long as it comes`() async throws {
    try await withFront(["--stall-timeout", "4"], app: ScriptedUpstream.echo) { front, _ in
      let client = try front.client()
      try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n")
      for _ in 0..<10 {
        usleep(500_000)
        try client.send("x")
      }
      #expect(try client.readResponse().text == "xxxxxxxxxx")
    }
  }

  @Test func `an app that thinks for long is not hurried`() async throws {
    try await withFront(
      ["--stall-timeout", "1", "--head-timeout", "1", "--idle-timeout", "1"],
      app: { stream, _ in
        _ = try stream.readRequest()
        pause(milliseconds: 2500)
        try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh")
        pause(milliseconds: 2500)
        try stream.send("i")
      }
    ) { front, _ in
      let client = try front.client()
      #expect(try client.get().text == "hi")
    }
  }

  @Test func `a client that takes nothing is let go, and the app with it`() async throws {
    let isOver = Bell()
    try await withFront(
      ["--stall-timeout", "1"],
      app: { stream, _ in
        _ = try stream.readRequest()
        try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        _ = try? stream.sendUntilBlocked(limit: 1_000_000_000)
        stream.wait(atMost: .seconds(20))
        if stream.drain().ending != .silent { isOver.ring() }
      }
    ) { front, _ in
      let client = try front.client()
      try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(isOver.wait(atMost: 20))
    }
  }

  @Test func `a connection without a request is closed without a word at its deadline`() async throws {
    try await withFront(["--idle-timeout", "4"], app: ScriptedUpstream.answering(Self.hi)) { front, _ in
      let fresh = try front.client()
      let used = try front.client()
      #expect(try used.get().text == "hi")
      #expect(used.isSilent(for: 500))
      for client in [fresh, used] { #expect(client.receiveRest() == ([], .closed)) }
    }
  }

  @Test func `more clients than allowed wait until one of the busy ones is done`() async throws {
    let (arrived, go) = (Bell(), Bell())
    try await withFront(
      ["--max-connections", "4"],
      app: { stream, _ in
        while let request = try stream.readRequest() {
          if request.target == "/slow" {
            arrived.ring()
            go.wait()
          }
          try stream.send(Self.hi)
        }
      }
    ) { front, upstream in
      let busy = try (0..<4).map { _ in try front.client() }
      for client in busy { try client.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n") }
      for _ in busy { #expect(arrived.wait(atMost: 30)) }
      let late = try (0..<4).map { _ in try front.client() }
      for client in late { try client.send("GET /late HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n") }
      #expect(late[0].isSilent(for: 300))
      #expect(!upstream.received.contains("/late"))
      for _ in busy { go.ring() }
      for client in busy + late { #expect(try client.readResponse().text == "hi") }
    }
  }

  @Test func `where there is no room, a client that has long been silent makes some`() async throws {
    try await withFront(["--max-connections", "4"], app: ScriptedUpstream.answering(Self.hi)) { front, _ in
      let first = try (0..<4).map { _ in try front.client() }
      for client in first { #expect(try client.get().text == "hi") }
      let late = try (0..<3).map { _ in try front.client() }
      for client in late { #expect(try client.get().text == "hi") }
      for client in first.prefix(3) { #expect(client.receiveRest() == ([], .closed)) }
      #expect(try first[3].get().text == "hi")
    }
  }

  @Test func `descriptors are as few as before when all have gone, however they went`() async throws {
    try await withFront(
      ["--stall-timeout", "2"],
      app: { stream, _ in
        while let request = try stream.readRequest() {
          switch request.target {
          case "/drop": return
          case "/reset": return stream.reset()
          case "/cut":
            return try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
          case "/wait": return _ = stream.drain()
          case "/upgrade":
            try stream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n")
            return _ = stream.drain()
          default: try stream.send(Self.hi)
          }
        }
      }
    ) { front, upstream in
      let warm = try front.client()
      _ = try warm.get()
      warm.close()
      try await Task.sleep(for: .milliseconds(200))
      let before = try await front.descriptors()
      let targets = ["/", "/drop", "/reset", "/cut", "/wait", "/upgrade"]
      for round in 0..<10 {
        let clients = try targets.map { target in
          let client = try front.client()
          let upgrade = target == "/upgrade" ? "Connection: upgrade\r\nUpgrade: a\r\n" : ""
          try client.send("GET \(target) HTTP/1.1\r\nHost: h\r\n\(upgrade)\r\n")
          if target != "/wait" { _ = try? client.receive() }
          return client
        }
        let others = try [
          "", "GET", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf", "bad\r\n\r\n",
        ]
        .map { text in
          let client = try front.client()
          try client.send(text)
          return client
        }
        for (number, client) in (clients + others).enumerated() {
          switch (number + round) % 3 {
          case 0: client.reset()
          case 1: client.close()
          default:
            client.finish()
            client.close()
          }
        }
      }
      try await eventually("all descriptors are closed: \(before)", within: .seconds(30)) {
        // Up to ten connections to the app may be kept.
        try await front.descriptors() <= before + 10
      }
      #expect(try front.client().get().text == "hi")
    }
  }
}
