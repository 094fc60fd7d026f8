import Access
import History
import Linux
import Server
import TestSupport
import Testing

@testable import Control

@Suite(.timeLimit(.minutes(5))) struct DeployStreamTests {
  private static let path = "/api/projects/deploy-stream?slug=mine"

  @Test func `it deploys and streams to the end`() async throws {
    try await ApiServer.with { api in
      await MainLoopThread.run { api.manager.isQuick = true }
      let response = try await api.ask("GET", Self.path, as: "alice")
      #expect(response.status == 200)
      #expect(response.text.contains(#""type":"start""#))
      #expect(response.text.contains(#""type":"end""#))
      #expect(await api.manager.asked == ["deploy mine by alice (api)"])
      #expect(await api.manager.canceled.isEmpty)
    }
  }

  @Test func `the deployment ends with its reader`() async throws {
    try await ApiServer.with { api in
      let ended = await Once<Int64>()
      await MainLoopThread.run { api.manager.onCancel = { ended.finish($0) } }
      for says in [false, true] {
        let client = try api.client()
        try client.send(ApiServer.request("GET", Self.path, as: "alice"))
        #expect(await client.text(upTo: "\r\n\r\n")?.hasPrefix("HTTP/1.1 200 ") == true)
        let id = try #require(try await api.manager.history.latest(project: "mine", limit: 1).first?.id)
        if says { await MainLoopThread.run { api.manager.say("log", "at work", in: id) } }
        client.close()
        while await !api.manager.canceled.contains(id) { try await Task.sleep(for: .milliseconds(2)) }
        #expect(await api.manager.asked.last == "cancel \(id) by alice")
      }
      _ = await ended.value()
    }
  }

  @Test func `a reader that comes back starts nothing, and is told to stop`() async throws {
    try await ApiServer.with { api in
      let client = try api.client()
      try client.send(ApiServer.request("GET", Self.path, as: "alice"))
      // Before the first event: the one that an EventSource comes back with.
      #expect(await client.text(upTo: "\r\n\r\n") != nil)
      #expect(await client.chunk()?.starts(with: Array("id: 0\n\n".utf8)) == true)
      let asked = await api.manager.asked
      #expect(asked == ["deploy mine by alice (api)"])
      for id in ["0", "77", "none", ""] {
        let again = try await api.ask("GET", Self.path, as: "alice", headers: ["Last-Event-ID: \(id)"])
        #expect(again.status == 204)
        #expect(try await api.ask("GET", Self.path + "&lastEventId=\(id)", as: "alice").status == 204)
      }
      #expect(await api.manager.asked == asked)
    }
  }

  @Test func `where there are too many streams it deploys nothing, and says when to come back`() async throws
  {
    var limits = Limits()
    limits.streams = 1
    try await ApiServer.with(limits: limits) { api in
      let id = try await api.manager.deployment(of: "mine")
      let client = try api.client()
      try client.send(ApiServer.request("GET", "/api/deployments/\(id)/stream"))
      #expect(await client.text(upTo: "\r\n\r\n") != nil)
      for path in [Self.path, "/api/deployments/\(id)/stream", "/api/deployments/\(id)/log"] {
        let response = try await api.ask("GET", path, as: "alice")
        #expect(response.status == 503)
        #expect(response.head.contains("Retry-After: 5\r\n"))
      }
      #expect(try await api.ask("GET", "/api/deployments/\(id)", as: "alice").status == 200)
      #expect(await api.manager.asked.isEmpty)
    }
  }

  @Test func `with detach the deployment goes on without its reader`() async throws {
    try await ApiServer.with { api in
      let client = try api.client()
      try client.send(ApiServer.request("GET", Self.path + "&detach=1", as: "alice"))
      #expect(await client.text(upTo: "\r\n\r\n") != nil)
      client.close()
      while await api.server.openConnections > 0 { try await Task.sleep(for: .milliseconds(2)) }
      #expect(await api.manager.canceled.isEmpty)
    }
  }

  @Test func `somebody else's deployment is followed, and left alone`() async throws {
    try await ApiServer.with { api in
      let id = try await api.manager.deployment(of: "mine")
      await MainLoopThread.run { api.manager.answer = { _ in .duplicate(id) } }
      let client = try api.client()
      try client.send(ApiServer.request("GET", Self.path, as: "alice"))
      #expect(await client.text(upTo: "\r\n\r\n") != nil)
      client.close()
      while await api.server.openConnections > 0 { try await Task.sleep(for: .milliseconds(2)) }
      #expect(await api.manager.canceled.isEmpty)
    }
  }

  @Test func `what cannot be queued is told as an error`() async throws {
    let answers: [(OrderAnswer, Int)] = [
      (.ignored("already live"), 409), (.held(8, "locked by x"), 409), (.locked("locked"), 423),
      (.full(retryAfter: 5), 429),
      (.unavailable("stopping"), 503),
    ]
    try await ApiServer.with { api in
      for (answer, status) in answers {
        await MainLoopThread.run { api.manager.answer = { _ in answer } }
        let response = try await api.ask("GET", Self.path, as: "alice")
        #expect(response.status == status)
        #expect(response.text.hasPrefix(#"{"error":{"#))
      }
      #expect(try await api.ask("GET", "/api/projects/deploy-stream", as: "alice").status == 400)
      #expect(try await api.ask("GET", "/api/projects/deploy-stream?slug=theirs", as: "alice").status == 404)
    }
  }
}
