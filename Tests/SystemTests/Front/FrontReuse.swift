import Glibc
import Synchronization
import Testing

/// Connections to the app are used again, and no request is lost to one that the app has just closed.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontReuse {
  private static let hi = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

  @Test func `one connection to the app serves one client after the other`() async throws {
    try await withFront(app: ScriptedUpstream.echo) { front, upstream in
      for number in 0..<20 {
        let client = try front.client()
        #expect(try client.get("/\(number)")["target"] == "/\(number)")
      }
      #expect(upstream.connections.count == 1)
    }
  }

  /// A request that must not be sent twice takes a used connection only where the app is known to keep them.
  @Test func `POSTs share connections too, once the app has been seen to keep them`() async throws {
    try await withFront(app: ScriptedUpstream.echo) { front, upstream in
      let client = try front.client()
      for _ in 0..<4 {
        #expect(try client.get().status == 200)
        try await Task.sleep(for: .milliseconds(300))
        #expect(try client.post("warm").text == "warm")
      }
      let before = upstream.connections.count
      for number in 0..<50 { #expect(try client.post("body \(number)").text == "body \(number)") }
      #expect(upstream.connections.count <= before + 1)
    }
  }

  @Test func `as many connections as there are requests at once`() async throws {
    let (arrived, go) = (Bell(), Bell())
    try await withFront(app: { stream, _ in
      while try stream.readRequest() != nil {
        arrived.ring()
        go.wait()
        try stream.send(Self.hi)
      }
    }) { front, upstream in
      for _ in 0..<2 {
        let clients = try (0..<20).map { _ in try front.client() }
        for client in clients { try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
        for _ in clients { #expect(arrived.wait(atMost: 30)) }
        for _ in clients { go.ring() }
        for client in clients { #expect(try client.readResponse().text == "hi") }
      }
      #expect(upstream.connections.count == 20)
    }
  }

  /// What is on its way to a connection that the app closes at that moment is lost, and nobody can say whether the
  /// app has read it. But an app that does this does it again: the front has to learn from it.
  @Test(arguments: ["GET", "POST"])
  func `an app that closes right after its answer loses no request`(method: String) async throws {
    try await withFront(app: { stream, _ in
      guard let request = try stream.readRequest() else { return }
      try stream.send(
        "HTTP/1.1 200 OK\r\nContent-Length: \(request.target.utf8.count)\r\n\r\n\(request.target)")
    }) { front, upstream in
      let first = try front.client()
      for _ in 0..<10 { #expect(try first.get("/").status == 200) }
      let failures = try await onThreads(8) { number in
        let client = try front.client()
        return try (0..<40).count { round in
          let target = "/\(number)/\(round)"
          return try (method == "POST" ? client.post("body", to: target) : client.get(target)).text != target
        }
      }
      #expect(failures == Array(repeating: 0, count: 8))
      if method == "POST" { #expect(upstream.received.occurrences(of: "POST /") == 320) }
    }
  }

  /// The app's deadline and the next request meet: now this one is first, now that one. All of a round are
  /// answered at once, so that each has a connection of its own and all of these get old together.
  @Test(arguments: ["POST", "GET"])
  func `no request is lost on the edge of the app's idle deadline, nor sent twice`(method: String)
    async throws
  {
    let (clients, rounds) = (30, 10)
    let done = Mutex<[String: Int]>([:])
    let arrived = (0..<rounds).map { _ in Counter() }
    try await withFront(app: { stream, _ in
      stream.wait(atMost: .milliseconds(100))
      while let request = try stream.readRequest(), request.isWhole {
        done.withLock { $0[request.target, default: 0] += 1 }
        let round = arrived[request.target.split(separator: "/").first.flatMap { Int($0) } ?? 0]
        round.add()
        for _ in 0..<2000 where round.value < clients { pause(milliseconds: 1) }
        try stream.send(
          "HTTP/1.1 200 OK\r\nContent-Length: \(request.target.utf8.count)\r\n\r\n\(request.target)")
      }
    }) { front, upstream in
      let failures = try await onThreads(clients) { number in
        let client = try front.client()
        var failures: [String] = []
        for round in 0..<rounds {
          let target = "/\(round)/\(number)"
          // The first round makes connections, and the second learns how long the app keeps them.
          let isCounted = method == "POST" && round > 1
          let answer = isCounted ? try client.post("body", to: target) : try client.get(target)
          if answer.status != 200 || answer.text != target { failures.append("\(target): \(answer)") }
          // The kernel rounds the deadline up: from some milliseconds before it to some after.
          usleep(97_000 + UInt32((number * rounds + round) * 40))
        }
        return failures
      }
      #expect(failures.flatMap { $0 }.isEmpty)
      let counts = done.withLock { $0 }
      #expect(counts.count == clients * rounds)
      let posted = counts.filter { !$0.key.hasPrefix("/0/") && !$0.key.hasPrefix("/1/") }
      if method == "POST" { #expect(posted.values.allSatisfy { $0 == 1 }) }
      #expect(upstream.connections.count > clients, "the deadline was never reached")
    }
  }

  @Test(arguments: ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
  func `a request that may be made twice is, once, when its connection ends without a byte`(method: String)
    async throws
  {
    try await withFront(app: Self.droppingSecond()) { front, upstream in
      let client = try front.client()
      #expect(try client.get("/first").text == "hi")
      let body = method == "PUT" ? "Content-Length: 5\r\n\r\nhello" : "\r\n"
      let answer = try client.ask("\(method) /second HTTP/1.1\r\nHost: h\r\n\(body)")
      #expect(answer.status == 200, "\(answer)")
      #expect(upstream.received.occurrences(of: "\(method) /second ") == 2)
      if method == "PUT" { #expect(upstream.received.occurrences(of: "\r\n\r\nhello") == 2) }
      #expect(upstream.connections.count == 2)
    }
  }

  @Test(arguments: ["POST", "PATCH", "x"], [false, true])
  func `a request that may not be made twice is not, once the app has read it`(method: String, resets: Bool)
    async throws
  {
    try await withFront(app: { stream, _ in
      while let request = try stream.readRequest() {
        if request.target == "/second" { return resets ? stream.reset() : () }
        try stream.send(Self.hi)
      }
    }) { front, upstream in
      let client = try front.client()
      // First on a fresh connection, then on used ones.
      for number in 1...5 {
        let answer = try client.ask("\(method) /second HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
        #expect(answer.status == 502, "\(answer)")
        #expect(upstream.received.occurrences(of: "\(method) /second ") == number)
        #expect(try client.get("/first").text == "hi")
        try await Task.sleep(for: .milliseconds(250))
        #expect(try client.get("/first").text == "hi")
      }
    }
  }

  @Test func `a large upload is not made twice`() async throws {
    let size = 8 << 20
    try await withFront(app: { stream, number in
      _ = try stream.readRequest()
      guard number > 0 else { return }
      try stream.send(Self.hi)
    }) { front, upstream in
      let client = try front.client()
      try client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
      try client.send(Pattern.bytes(size))
      #expect(try client.readResponse().status == 502)
      #expect(upstream.connections.count == 1)
    }
  }

  @Test func `a second connection that ends without a byte as well is a 502`() async throws {
    try await withFront(app: { stream, _ in _ = try stream.readRequest() }) { front, upstream in
      let client = try front.client()
      #expect(try client.get().status == 502)
      #expect(upstream.received.occurrences(of: "GET / ") <= 2)
    }
  }

  @Test func `an answer that has begun is never begun again`() async throws {
    try await withFront(app: { stream, _ in
      _ = try stream.readRequest()
      try stream.send("HTTP/1.1 103 Early Hints\r\n\r\n")
      pause(milliseconds: 100)
    }) { front, upstream in
      let client = try front.client()
      try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(try client.readResponse().status == 103)
      #expect(try client.readResponse().status == 502)
      #expect(upstream.connections.count == 1)
    }
  }

  private static func droppingSecond() -> ScriptedUpstream.Script {
    { stream, number in
      while let request = try stream.readRequest() {
        if number == 0, request.target == "/second" { return }
        try stream.send(request.method == "HEAD" ? String(hi.dropLast(2)) : hi)
      }
    }
  }
}
