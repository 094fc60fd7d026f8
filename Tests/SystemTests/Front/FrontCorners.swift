import Glibc
import Testing

/// Where two rules meet.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontCorners {
  private static let hi = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

  @Test
  func `an answer before the body is there arrives whole, and the connection stays or says that it ends`()
    async throws
  {
    try await withFront(app: { stream, _ in
      while true {
        let head = try stream.receive(through: "\r\n\r\n")
        try stream.send(Self.hi)
        if head.contains("POST") { _ = try stream.receive(exactly: 10) }
      }
    }) { front, _ in
      for _ in 0..<20 {
        let client = try front.client()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234")
        let response = try client.readResponse()
        #expect(response.isWhole && response.text == "hi")
        // Told to stop or not, it goes on: that costs neither it nor the next one anything.
        try? client.send("56789")
        if response.closes {
          #expect(client.receiveRest() == ([], .closed))
        } else {
          #expect(try client.get().text == "hi")
        }
      }
    }
  }

  @Test func `ten thousand pipelined requests of a client that does not read cost no memory`() async throws {
    let count = 10_000
    let body = String(repeating: "x", count: 1000)
    try await withFront(
      app: ScriptedUpstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n\(body)")
    ) { front, _ in
      let before = try await front.memory()
      let client = try front.client(receiveBuffer: 4096)
      let requests = [UInt8](String(repeating: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", count: 100))
      let sender = Task { try await onThread { for _ in 0..<(count / 100) { try client.send(requests) } } }
      try await Task.sleep(for: .milliseconds(500))
      for _ in 0..<count { #expect(try client.readResponse().body.count == 1000) }
      try await sender.value
      let most = try await front.memory(atMost: true)
      #expect(most < before + 8192, "from \(before) to \(most) kB")
    }
  }

  @Test func `large heads pass both ways as long as they are within the limits`() async throws {
    let cookies = (0..<150).map { "Set-Cookie: c\($0)=\(String(repeating: "v", count: 300))\r\n" }.joined()
    try await withFront(app: { stream, _ in
      while let request = try stream.readRequest() {
        let count = request.values(of: "cookie").count
        try stream.send("HTTP/1.1 200 OK\r\n\(cookies)Count: \(count)\r\nContent-Length: 2\r\n\r\nhi")
      }
    }) { front, _ in
      let client = try front.client()
      for _ in 0..<3 {
        let sent = cookies.replacing("Set-Cookie", with: "Cookie")
        let response = try client.get("/", sent)
        #expect(response["count"] == "150")
        #expect(response.values(of: "set-cookie").count == 150)
        #expect(response.text == "hi")
      }
    }
  }

  @Test(arguments: ["GET", "DELETE", "OPTIONS"])
  func `a body is one, whatever the method`(method: String) async throws {
    try await withFront(app: ScriptedUpstream.echo) { front, _ in
      let client = try front.client()
      for body in ["hello", "again"] {
        let response = try client.ask("\(method) / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n\(body)")
        #expect(response.text == body)
      }
    }
  }

  @Test(arguments: ["100-continue", "upgrade", "chunked"])
  func `a connection that the app has closed meanwhile is no trouble for any kind of request`(kind: String)
    async throws
  {
    try await withFront(app: { stream, number in
      while true {
        let head = try stream.receive(through: "\r\n\r\n").text
        if head.contains("/first") {
          try stream.send(Self.hi)
          return
        }
        if kind == "100-continue" { try stream.send("HTTP/1.1 100 Continue\r\n\r\n") }
        if kind == "upgrade" {
          try stream.send(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\nwelcome")
          _ = stream.drain()
          return
        }
        _ = try stream.receive(through: kind == "chunked" ? "0\r\n\r\n" : "hello")
        try stream.send(Self.hi)
      }
    }) { front, upstream in
      let client = try front.client()
      for _ in 0..<10 {
        let before = upstream.served
        #expect(try client.get("/first").text == "hi")
        try await eventually("the app has closed it", every: .milliseconds(1)) { upstream.served > before }
        switch kind {
        case "100-continue":
          try client.send("PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
          #expect(try client.readResponse().status == 100)
          try client.send("hello")
          #expect(try client.readResponse().text == "hi")
        case "chunked":
          try client.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
          try client.send("5\r\nhello\r\n0\r\n\r\n")
          #expect(try client.readResponse().text == "hi")
        default:
          let other = try front.client()
          let response = try other.ask(
            "GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n")
          #expect(response.status == 101)
          #expect(try other.receive(exactly: 7).text == "welcome")
        }
      }
    }
  }

  @Test func `a quiet tunnel outlasts all deadlines`() async throws {
    let options = ["--stall-timeout", "1", "--idle-timeout", "1", "--head-timeout", "1"]
    try await withFront(
      options,
      app: { stream, _ in
        _ = try stream.receive(through: "\r\n\r\n")
        try stream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n")
        try stream.send(stream.receive(exactly: 4))
        _ = stream.drain()
      }
    ) { front, _ in
      let client = try front.client()
      _ = try client.ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n")
      #expect(client.isSilent(for: 3000))
      try client.send("ping")
      #expect(try client.receive(exactly: 4).text == "ping")
    }
  }

  @Test func `clients of both kinds of address are told apart rightly`() async throws {
    try await Workspace.with { workspace in
      let upstream = try ScriptedUpstream(ScriptedUpstream.echo)
      defer { upstream.stop() }
      let front = try await FrontProcess.start(
        in: workspace, upstream: upstream.address, onAllAddresses: true)
      for (client, address) in try [(front.client(), "127.0.0.1"), (rawClient(port6: front.port), "::1")] {
        _ = try client.get("/\(address)")
        #expect(upstream.received.contains("X-Forwarded-For: \(address)\r\n"))
      }
    }
  }

  @Test func `a Unix socket that vanishes and comes back is found again`() async throws {
    try await Workspace.with { workspace in
      let path = workspace.path + "/app.sock"
      let first = try ScriptedUpstream(unix: path, ScriptedUpstream.echo)
      let front = try await FrontProcess.start(in: workspace, upstream: "unix:" + path)
      let client = try front.client()
      #expect(try client.post("one").text == "one")
      first.stop()
      unlink(path)
      #expect(try client.post("two").status == 502)
      let second = try ScriptedUpstream(unix: path, ScriptedUpstream.echo)
      defer { second.stop() }
      #expect(try front.client().post("three").text == "three")
    }
  }

  @Test func `an app that takes connections and never answers them is given up by nobody but the client`()
    async throws
  {
    try await withFront(app: ScriptedUpstream.silent) { front, upstream in
      let client = try front.client()
      try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(client.isSilent(for: 2000))
      client.reset()
      try await eventually("the app's side is over") { upstream.served == 1 }
    }
  }

  @Test func `many loops keep their clients and connections apart`() async throws {
    try await withFront(["--threads", "4"], app: ScriptedUpstream.echo) { front, _ in
      let before = try await front.descriptors()
      let failures = try await onThreads(32) { number in
        var failures = 0
        for round in 0..<20 {
          let client = try front.client()
          for part in 0..<3 {
            let body = "\(number)/\(round)/\(part)" + String(repeating: "x", count: number * round)
            if try client.post(body).text != body { failures += 1 }
          }
          if round % 3 == 0 { client.reset() }
        }
        return failures
      }
      #expect(failures.allSatisfy { $0 == 0 })
      try await eventually("descriptors are closed", within: .seconds(30)) {
        try await front.descriptors() <= before + 32 * 4
      }
    }
  }
}
