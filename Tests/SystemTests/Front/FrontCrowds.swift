import Glibc
import Testing

/// As many clients as there are descriptors, or more, and all at the same moment.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontCrowds {
  private static let descriptors = 400

  @Test func `idle clients who all speak at once are all answered`() async throws {
    try await withCrowd { front, _ in
      let clients = try await admitted(front, Self.descriptors + 100)
      // A busy moment, in which they all come.
      try await front.process.signal(SIGSTOP)
      for client in clients { try? client.send("GET /again HTTP/1.1\r\nHost: h\r\n\r\n") }
      try await front.process.signal(SIGCONT)
      var answered = 0
      for client in clients {
        client.wait(atMost: .seconds(20))
        // One that had to make room may find its connection closed, but never a wrong answer.
        guard let response = try? client.readResponse() else { continue }
        #expect(response.status == 200, "\(response)")
        answered += 1
      }
      #expect(answered > Self.descriptors / 4, "\(answered) were answered")
      #expect(try front.client().get().status == 200)
    }
  }

  @Test func `clients who say nothing keep nobody out, and requests are served meanwhile`() async throws {
    try await withCrowd { front, _ in
      let silent = try (0..<(Self.descriptors * 2)).map { _ in try front.client() }
      // The kernel hands them on about a second later.
      try await eventually("as many as fit are let in") {
        try await front.descriptors() > Self.descriptors / 2
      }
      for number in 0..<20 {
        let client = try front.client()
        client.wait(atMost: .seconds(20))
        #expect(try client.get("/\(number)")["target"] == "/\(number)")
      }
      for client in silent { client.close() }
    }
  }

  @Test func `a thousand clients that come at once are all served`() async throws {
    try await withCrowd { front, upstream in
      let statuses = try await onThreads(100) { number in
        try (0..<10).map { round in
          let client = try front.client()
          client.wait(atMost: .seconds(30))
          return try client.post("\(number) \(round)", to: "/", "Connection: close\r\n").status
        }
      }
      #expect(statuses.flatMap { $0 }.allSatisfy { $0 == 200 }, "\(Set(statuses.flatMap { $0 }))")
    }
  }

  @Test func `the last one who gets in keeps the connection until somebody else waits for it`() async throws {
    try await Workspace.with { workspace in
      let upstream = try ScriptedUpstream(ScriptedUpstream.echo)
      defer { upstream.stop() }
      let front = try await FrontProcess.start(in: workspace, upstream: upstream.address)
      let pid = try await front.process.pid()
      let limit = DescriptorLimit(pid: pid, workspace: workspace)
      let open = Procfs.openDescriptors(pid)
      let usual = try await limit.set(Procfs.lowestFree(pid) + 1)
      let client = try front.client()
      try await eventually("the client is let in, or sent away") {
        Procfs.openDescriptors(pid) > open || !client.isSilent(for: 0)
      }
      #expect(client.isSilent(for: 300))
      try await limit.set(usual)
      #expect(try client.get().status == 200)
    }
  }

  /// Clients that have had an answer each.
  private func admitted(_ front: FrontProcess, _ count: Int) async throws -> [ByteStream] {
    try (0..<count).map { _ in
      let client = try front.client()
      #expect(try client.get().status == 200)
      return client
    }
  }

  private func withCrowd(_ body: (FrontProcess, ScriptedUpstream) async throws -> Void) async throws {
    try await Workspace.with { workspace in
      let upstream = try ScriptedUpstream(ScriptedUpstream.echo)
      defer { upstream.stop() }
      let front = try await FrontProcess.start(
        in: workspace, upstream: upstream.address, ["--head-timeout", "2"], descriptors: Self.descriptors)
      try await body(front, upstream)
      #expect(front.process.exitCode == nil, "\(front.process.errors)")
    }
  }
}
