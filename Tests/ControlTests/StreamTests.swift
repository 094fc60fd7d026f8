import Access
import HTTP
import History
import Linux
import Server
import TestSupport
import Testing

@testable import Control

@Suite(.timeLimit(.minutes(5))) struct StreamTests {
  private static func frames(_ text: String) -> [String] {
    var frames: [String] = []
    var current: [Substring] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty {
        if !current.isEmpty { frames.append(current.joined(separator: "\n")) }
        current = []
      } else {
        current.append(line)
      }
    }
    return frames
  }

  private static func id(_ frame: String) -> String { String(frame.split(separator: "\n")[0].dropFirst(4)) }

  private static func record(_ count: Int, in api: ApiServer) async throws -> Int64 {
    let id = try await api.manager.deployment(of: "main")
    await MainLoopThread.run {
      for number in 0..<count { api.manager.say("log", "line \(number) \u{1b}[31mé", in: id) }
      api.manager.finish(id)
    }
    return id
  }

  @Test func `a stream is resumed behind every event without a loss or a double`() async throws {
    try await ApiServer.with { api in
      let id = try await Self.record(30, in: api)
      let path = "/api/deployments/\(id)/stream"
      let whole = try await api.ask("GET", path)
      #expect(whole.head.contains("Content-Type: text/event-stream\r\n"))
      #expect(whole.head.contains("Cache-Control: no-store\r\n"))
      #expect(whole.head.contains("X-Accel-Buffering: no\r\n"))
      let frames = Self.frames(whole.text)
      #expect(frames.count == 32)
      #expect(
        frames.dropFirst(3).first?.contains(
          #"\ndata: {"type":"log","message":"line 3 \u001b[31mé","#.replacing(#"\n"#, with: "\n"))
          == true)
      for (index, frame) in frames.enumerated() {
        for (path, headers) in [
          (path, ["Last-Event-ID: \(Self.id(frame))"]), (path + "?lastEventId=\(Self.id(frame))", []),
        ] {
          let rest = try await api.ask("GET", path, headers: headers)
          #expect(Self.frames(rest.text) == Array(frames[(index + 1)...]))
          #expect(rest.status == (index == frames.count - 1 ? 204 : 200))
        }
      }
    }
  }

  @Test func `an id that makes no sense begins from the beginning`() async throws {
    try await ApiServer.with { api in
      let id = try await Self.record(5, in: api)
      let path = "/api/deployments/\(id)/stream"
      let whole = try await api.ask("GET", path).text
      let end = Int(Self.id(Self.frames(whole).last ?? "")) ?? 0
      for bad in [
        "-1", "x", "1", "1.0", "\(end - 1)", "\(end + 1)", "9223372036854775807", "9223372036854775808", "",
      ] {
        let again = try await api.ask("GET", path, headers: ["Last-Event-ID: \(bad)"])
        #expect(again.text == whole, "\(bad)")
      }
    }
  }

  @Test func `a live stream goes on as it grows, and ends with the deployment`() async throws {
    try await ApiServer.with { api in
      let id = try await api.manager.deployment(of: "main")
      let client = try api.client()
      try client.send(ApiServer.request("GET", "/api/deployments/\(id)/stream"))
      #expect(await client.text(upTo: "\r\n\r\n")?.hasPrefix("HTTP/1.1 200 ") == true)
      for number in 0..<50 {
        await MainLoopThread.run { api.manager.say("log", "line \(number)", in: id) }
        #expect(await client.text(upTo: "\n\n")?.contains("line \(number)\"") == true)
      }
      await MainLoopThread.run { api.manager.finish(id) }
      #expect(await client.text(upTo: "\r\n0\r\n\r\n")?.contains(#""type":"end""#) == true)
    }
  }

  @Test func `one that was never written, and one that has ended without a word, have nothing to stream`()
    async throws
  {
    try await ApiServer.with { api in
      let id = try await api.manager.deployment(of: "main")
      await MainLoopThread.run { api.manager.logs.finish(id) }
      #expect(try await api.ask("GET", "/api/deployments/\(id)/stream").status == 204)
      #expect(try await api.ask("GET", "/api/deployments/\(id)/log").body.isEmpty)
    }
  }

  @Test func `silence is filled with heartbeats`() async throws {
    try await ApiServer.with(heartbeat: .milliseconds(30)) { api in
      let id = try await api.manager.deployment(of: "main")
      let client = try api.client()
      try client.send(ApiServer.request("GET", "/api/deployments/\(id)/stream"))
      for _ in 0..<3 { #expect(await client.text(upTo: "\n\n")?.hasSuffix(": heartbeat\n\n") == true) }
      await MainLoopThread.run { api.manager.say("log", "still here", in: id) }
      var text = ""
      for _ in 0..<500 where !text.contains("still here") { text = await client.text(upTo: "\n\n") ?? "" }
      #expect(text.contains("id: "))
    }
  }

  @Test func `a reader that takes nothing costs little and is dropped`() async throws {
    var limits = Limits()
    limits.tick = .milliseconds(20)
    limits.streamTicks = 5
    try await ApiServer.with(limits: limits) { api in
      let id = try await api.manager.deployment(of: "main")
      let client = try api.client()
      try client.send(ApiServer.request("GET", "/api/deployments/\(id)/stream"))
      #expect(await client.text(upTo: "\r\n\r\n") != nil)
      let line = String(repeating: "x", count: 1000)
      for round in 0..<3000 where await api.server.openConnections > 0 {
        // More than a socket takes; after that it is only waited for.
        if round < 100 {
          await MainLoopThread.run { for _ in 0..<200 { api.manager.say("log", line, in: id) } }
        }
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(await api.server.openConnections == 0)
      await MainLoopThread.run { api.manager.finish(id) }
    }
  }

  @Test func `a slow reader gets everything`() async throws {
    try await ApiServer.with { api in
      let id = try await Self.record(20_000, in: api)
      let client = try api.client()
      try client.send(ApiServer.request("GET", "/api/deployments/\(id)/stream"))
      try await Task.sleep(for: .milliseconds(200))
      let frames = Self.frames(await client.response()?.text ?? "")
      #expect(frames.count == 20_002)
      #expect(frames.dropFirst(19_999).first?.contains("line 19999 ") == true)
    }
  }

  @Test func `the log is a text to keep`() async throws {
    try await ApiServer.with { api in
      let id = try await api.manager.deployment(of: "main")
      await MainLoopThread.run {
        for (type, message) in [
          ("start", "Deployment"), ("phase", "1/4 - Prepare the release"), ("info", "Project: main"),
          ("log", "\u{1b}[32mbun\u{1b}[0m \"install\""), ("warn", "slow"), ("success", "Phase 1 done"),
          ("error", "no"), ("complete", "done"),
        ] {
          api.manager.say(type, message, in: id)
        }
      }
      let expected = """
        Deployment
        [PHASE] 1/4 - Prepare the release
        [INFO] Project: main
        \u{1b}[32mbun\u{1b}[0m "install"
        [WARN] slow
        [SUCCESS] Phase 1 done
        [ERROR] no
        done

        """
      let response = try await api.ask("GET", "/api/deployments/\(id)/log")
      #expect(response.text == expected)
      #expect(
        response.head.contains("Content-Disposition: attachment; filename=\"deployment-\(id).log\"\r\n"))
      await MainLoopThread.run { api.manager.finish(id) }
      let events = try await api.ask(
        "GET", "/api/deployments/\(id)/log?follow=1", headers: ["Accept: application/x-ndjson"])
      #expect(events.text.split(separator: "\n").count == 10)
      #expect(events.head.contains("Content-Type: application/x-ndjson\r\n"))
    }
  }

  @Test func `many readers of one deployment all see the same`() async throws {
    try await ApiServer.with { api in
      let id = try await api.manager.deployment(of: "main")
      let clients = try (0..<100).map { _ in try api.client() }
      for client in clients {
        try client.send(ApiServer.request("GET", "/api/deployments/\(id)/stream"))
        #expect(await client.text(upTo: "\r\n\r\n") != nil)
      }
      for number in 0..<50 {
        await MainLoopThread.run { api.manager.say("log", "line \(number)", in: id) }
        try await Task.sleep(for: .milliseconds(2))
      }
      await MainLoopThread.run { api.manager.finish(id) }
      let expected = Self.frames(try await api.ask("GET", "/api/deployments/\(id)/stream").text)
      #expect(expected.count == 52)
      for client in clients {
        var body: [UInt8] = []
        while let chunk = await client.chunk(), !chunk.isEmpty { body += chunk }
        let frames = Self.frames(String(decoding: body, as: UTF8.self)).filter { $0 != ": heartbeat" }
        #expect(frames == expected)
      }
    }
  }
}
