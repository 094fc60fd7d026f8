import Glibc
import Testing

/// `bascule front` as an operator meets it.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontCommand {
  private static let hi = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

  @Test(
    arguments: [
      [], ["--listen", "127.0.0.1:0"], ["--upstream", "127.0.0.1:1"],
      ["--listen", "127.0.0.1:70000", "--upstream", "127.0.0.1:1"],
      ["--listen", "127.0.0.1:0", "--upstream", "nowhere"],
      ["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "--threads", "0"],
      ["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "--access-log", "xml"],
      ["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "--trusted-proxies", "10.0.0.0/33"],
      ["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "--head-timeout", "-1"],
      ["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "--nonsense"],
    ])
  func `what cannot be meant ends with 2 and a sentence`(options: [String]) async throws {
    try await Workspace.with { workspace in
      let finished = try await workspace.attempt([try Toolbox.bascule, "front"] + options)
      #expect(finished.code == 2, "\(finished)")
      #expect(finished.output.isEmpty)
      #expect(finished.errors.hasPrefix("bascule: "), "\(finished)")
    }
  }

  @Test func `a port that is taken ends it with 78`() async throws {
    try await Workspace.with { workspace in
      let upstream = try ScriptedUpstream(ScriptedUpstream.silent)
      defer { upstream.stop() }
      let finished = try await workspace.attempt(
        [try Toolbox.bascule, "front", "--listen", upstream.address, "--upstream", "127.0.0.1:1"])
      #expect(finished.code == 78, "\(finished)")
      #expect(!finished.errors.isEmpty)
    }
  }

  @Test func `SIGTERM lets what runs end, takes nothing new and exits with 0`() async throws {
    let (arrived, go) = (Bell(), Bell())
    try await withFront(app: { stream, _ in
      while let request = try stream.readRequest() {
        if request.target == "/slow" {
          arrived.ring()
          go.wait()
        }
        try stream.send(Self.hi)
      }
    }) { front, _ in
      let (idle, busy) = try (front.client(), front.client())
      #expect(try idle.get().text == "hi")
      try busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(arrived.wait(atMost: 30))
      try await front.process.signal(SIGTERM)
      try await eventually("nobody is let in any more") { (try? front.client()) == nil }
      #expect(idle.receiveRest() == ([], .closed))
      #expect(front.process.exitCode == nil)
      go.ring()
      let response = try busy.readResponse()
      #expect(response.text == "hi")
      #expect(response.closes)
      #expect(busy.receiveRest() == ([], .closed))
      #expect(try await front.process.ended() == 0)
    }
  }

  @Test func `SIGTERM does not wait longer than it may`() async throws {
    try await withFront(["--drain-timeout", "0.5"], app: ScriptedUpstream.silent) { front, upstream in
      let client = try front.client()
      try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      try await eventually("the app has it") { upstream.received.contains("GET / ") }
      #expect(try await front.stop() == 0)
      #expect(client.receiveRest().ending != .silent)
    }
  }

  @Test func `the access log has a line for each request, also for those that failed`() async throws {
    try await withFront(["--access-log", "json"], app: ScriptedUpstream.answering(Self.hi)) { front, _ in
      let client = try front.client()
      _ = try client.get("/one?a=b", "User-Agent: \"quoted\" \\ back\r\nReferer: http://r/\r\n")
      _ = try client.post("body", to: "/two")
      _ = try front.client().ask("GET /three HTTP/1.1\r\n\r\n")
      let lines = try await eventually("three lines are there") { () -> [JSON]? in
        let lines = front.process.output.split(separator: "\n").dropFirst()
        return lines.count == 3 ? try lines.map { try JSON(parsing: String($0)) } : nil
      }
      #expect(lines.map { $0["status"].int } == [200, 200, 400])
      #expect(lines[0]["method"].string == "GET", "\(lines[0])")
      #expect(lines[1]["method"].string == "POST")
      #expect(front.process.output.contains("/one?a=b"))
    }
  }

  @Test func `nothing that a client sends makes a line of its own in the access log`() async throws {
    try await withFront(["--access-log", "text"], app: ScriptedUpstream.answering(Self.hi)) { front, _ in
      let client = try front.client()
      _ = try client.get("/\"forged\"%0a", "User-Agent: a\u{85}b\u{9b}31m\r\n")
      _ = try? front.client().ask("GET /\u{1b}[31m\nforged HTTP/1.1\r\nHost: h\r\n\r\n")
      try await eventually("a line is there") { front.process.output.split(separator: "\n").count >= 2 }
      let lines = front.process.output.split(separator: "\n").dropFirst()
      #expect(lines.allSatisfy { !$0.unicodeScalars.contains { $0.value < 0x20 } }, "\(lines)")
      #expect(!lines.contains { $0.hasPrefix("forged") })
    }
  }
}
