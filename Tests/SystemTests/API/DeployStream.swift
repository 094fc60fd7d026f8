import Foundation
import Testing

/// The mission's own line: `curl -N -H "Authorization: Bearer …" "…/api/projects/deploy-stream?slug=valentine"`.
@Suite(.fewAtATime)
struct DeployStream {
  private static let sleeping = ["sleep", "987651"]
  private static let slow = "echo in the middle; sleep 987651 & sleep 987651"

  /// A project valentine that belongs to ada, and her token.
  private func withValentine(
    _ body: (Manager, Repository, _ token: String) async throws -> Void
  ) async throws {
    try await withLiveApp { manager, _ in
      let repository = try await Repository(in: manager.workspace, named: "valentine")
      try await repository.commit("v1")
      try await manager.bascule(
        "projects", "add", "valentine", repository.path, "--host", "valentine.test", "--owner", "ada",
        exits: 0)
      try await manager.untilServes("v1", host: "valentine.test")
      try await manager.untilIdle(of: "valentine")
      try await body(manager, repository, manager.token("ada"))
    }
  }

  private func curl(_ manager: Manager, _ token: String, _ more: String = "") throws -> Child {
    try Child.start(
      [
        try Toolbox.find("curl", package: "curl"), "-sS", "-N", "-H", "Authorization: Bearer \(token)",
        "http://localhost:\(manager.controlPort)/api/projects/deploy-stream?slug=valentine\(more)",
      ], in: manager.workspace)
  }

  private func untilItBuilds(_ manager: Manager, _ stream: Child) async throws {
    try await manager.whileRunning("the build's line comes\n\(stream.output)\(stream.errors)") {
      try events(inStream: stream.output).contains { $0["message"].string == "in the middle" }
    }
    try await manager.whileRunning("the build sleeps") {
      try await manager.processes(Self.sleeping).count == 2
    }
  }

  private func newest(_ manager: Manager) async throws -> Int {
    let all = try await manager.deployments(manager.admin(), "slug=valentine")
    return try #require(all.first?["id"].int)
  }

  @Test func `the mission's line shows its example, line for line in kind`() async throws {
    try await withValentine { manager, repository, token in
      try await repository.commit("v2", build: "echo '> nuxt build'")
      let stream = try curl(manager, token)
      #expect(try await stream.ended() == 0, "\(stream.errors)")
      let events = try events(inStream: stream.output)
      let outline = events.filter { !["info", "log", "warn"].contains($0["type"].string) }
      #expect(
        outline.map { $0["type"].string } == [
          "start", "phase", "success", "phase", "success", "phase", "success", "phase", "success", "complete",
          "end",
        ], "\(stream.output)")
      let headings = events.filter { $0["type"].string == "phase" }.map { $0["message"].string ?? "" }
      #expect(headings.map { String($0.prefix(6)) } == ["1/4 - ", "2/4 - ", "3/4 - ", "4/4 - "])
      #expect(events.contains { $0["type"].string == "info" && $0["phase"].int == 1 })
      #expect(
        events.contains {
          $0["type"].string == "log" && $0["message"].string == "> nuxt build" && $0["phase"].int == 3
        }, "\(stream.output)")
      #expect(outline.dropLast().last?["code"].int == 0)
      for event in events {
        #expect(event["at"].string != nil, "\(event)")
        // A command may print an empty line, and the end speaks for itself.
        if !["log", "end"].contains(event["type"].string) {
          #expect(event["message"].string?.isEmpty == false, "\(event)")
        }
      }
      try await manager.untilServes("v2", host: "valentine.test")
    }
  }

  @Test func `every block of the stream is an id and one line of JSON`() async throws {
    try await withValentine { manager, repository, token in
      try await repository.commit("v2")
      let stream = try curl(manager, token)
      #expect(try await stream.ended() == 0)
      let blocks = stream.output.components(separatedBy: "\n\n").dropLast()
      var last = 0
      // It begins with an id alone: whoever is cut off before the first event comes back with that.
      for block in blocks where !block.hasPrefix(":") && block != "id: 0" {
        let lines = block.components(separatedBy: "\n")
        #expect(lines.count == 2 && lines[1].hasPrefix("data: {\"type\":\""), "\(block)")
        let id = try #require(lines[0].hasPrefix("id: ") ? Int(lines[0].dropFirst(4)) : nil, "\(block)")
        #expect(id > last)
        last = id
      }
      #expect(last > 0)
      #expect(stream.output.hasSuffix("\n\n"))
    }
  }

  @Test func `closing curl in the middle of the build ends it, and the next one starts`() async throws {
    try await withValentine { manager, repository, token in
      try await repository.commit("v2", build: Self.slow)
      let stream = try curl(manager, token)
      try await untilItBuilds(manager, stream)
      let id = try await newest(manager)
      try await repository.commit("v3")
      try await manager.bascule("deploy", "valentine", "--background", exits: 0)
      try await stream.signal(SIGINT)
      #expect(try await manager.outcome(of: id, token) == "canceled")
      #expect(try await manager.processes(Self.sleeping).isEmpty)
      try await manager.untilServes("v3", host: "valentine.test")
      let recorded = try await manager.events(id, token)
      #expect(recorded.last?["type"].string == "end")
      #expect(!recorded.contains { $0["type"].string == "complete" })
    }
  }

  @Test func `a deployment that waits ends with its reader as well`() async throws {
    try await withValentine { manager, repository, token in
      try await repository.commit("v2", build: Self.slow)
      let builds = try curl(manager, token, "&detach=1")
      try await untilItBuilds(manager, builds)
      try await repository.commit("v3")
      let waits = try curl(manager, token)
      let id = try await manager.whileRunning("it waits") {
        try await manager.status(of: "valentine")["queue"].list.first?["id"].int
      }
      try await waits.signal(SIGINT)
      #expect(try await manager.outcome(of: id, token) == "canceled")
      #expect(try await manager.processes(Self.sleeping).count == 2)
    }
  }

  @Test func `detached it goes on without its reader`() async throws {
    try await withValentine { manager, repository, token in
      let gate = manager.workspace.path + "/go"
      try await repository.commit(
        "v2", build: "echo in the middle; while ! test -e \(gate); do sleep 0.05; done")
      let stream = try curl(manager, token, "&detach=1")
      try await manager.whileRunning("it builds") { stream.output.contains("\"in the middle\"") }
      let id = try await newest(manager)
      try await stream.signal(SIGINT)
      _ = try await stream.ended()
      // Time in which an end would come.
      try await Task.sleep(for: .milliseconds(500))
      #expect(try await manager.deployment(id, token)["state"].string == "building")
      _ = FileManager.default.createFile(atPath: gate, contents: nil)
      #expect(try await manager.outcome(of: id, token) == "success")
      try await manager.untilServes("v2", host: "valentine.test")
    }
  }

  @Test func `a failing build ends with error and end, and is never complete`() async throws {
    try await withValentine { manager, repository, token in
      try await repository.commit("v2", build: "echo this goes wrong; exit 7")
      let stream = try curl(manager, token)
      #expect(try await stream.ended() == 0)
      let events = try events(inStream: stream.output)
      let types = events.map { $0["type"].string ?? "?" }
      #expect(types.suffix(2) == ["error", "end"], "\(stream.output)")
      #expect(!types.contains("complete"))
      let error = try #require(events.dropLast().last)
      #expect(error["code"].int == 7 && error["error"].string != nil, "\(error)")
      #expect(events.last?["code"].int == 7)
      // Nothing of the old release was lost.
      #expect(try await manager.app(host: "valentine.test").json["version"].string == "v1")
      let id = try await newest(manager)
      let record = try await manager.deployment(id, token)
      #expect(record["state"].string == "failed" && record["exitCode"].int == 7, "\(record)")
    }
  }

  @Test func `whoever comes back by itself starts nothing again`() async throws {
    try await withValentine { manager, repository, token in
      try await repository.commit("v2")
      let stream = try curl(manager, token)
      #expect(try await stream.ended() == 0)
      let count = try await manager.deployments(token).count
      // As an EventSource does at the end of every stream.
      let path = "/api/projects/deploy-stream?slug=valentine"
      let again = try await request(
        "GET", path, port: manager.controlPort,
        headers: ["Authorization": "Bearer \(token)", "Last-Event-ID": "100"])
      #expect(again.status == 204, "\(again)")
      #expect(try await request("HEAD", path, port: manager.controlPort).status == 401)
      _ = try await request(
        "HEAD", path, port: manager.controlPort, headers: ["Authorization": "Bearer \(token)"])
      try await Task.sleep(for: .milliseconds(300))
      #expect(try await manager.deployments(token).count == count)
    }
  }

  @Test func `detached, whoever comes back goes on where it was`() async throws {
    try await withValentine { manager, repository, token in
      let gate = manager.workspace.path + "/go"
      try await repository.commit(
        "v2", build: "echo in the middle; while ! test -e \(gate); do sleep 0.05; done; echo through")
      let first = try curl(manager, token, "&detach=1")
      try await manager.whileRunning("it builds") { first.output.contains("\"in the middle\"") }
      try await first.signal(SIGINT)
      _ = try await first.ended()
      let seen = first.output.components(separatedBy: "\n\n").dropLast()
      let id = try #require(seen.last?.split(separator: "\n").first?.dropFirst(4))
      let second = try Child.start(
        [
          "curl", "-sS", "-N", "-H", "Authorization: Bearer \(token)", "-H", "Last-Event-ID: \(id)",
          "http://localhost:\(manager.controlPort)/api/projects/deploy-stream?slug=valentine&detach=1",
        ], in: manager.workspace)
      _ = FileManager.default.createFile(atPath: gate, contents: nil)
      #expect(try await second.ended() == 0)
      let deployment = try await newest(manager)
      #expect(try await manager.outcome(of: deployment, token) == "success")
      let both = try events(inStream: seen.joined(separator: "\n\n") + "\n\n" + second.output)
      let recorded = try await manager.events(deployment, token)
      #expect(both.map(\.["message"].string) == recorded.map(\.["message"].string))
    }
  }

  @Test func `a silent stream is kept alive`() async throws {
    try await withValentine { manager, repository, token in
      try await repository.commit("v2", build: "sleep 987651")
      let stream = try curl(manager, token)
      try await manager.whileRunning("a comment comes\n\(stream.output)") {
        stream.output.split(separator: "\n").contains { $0.hasPrefix(":") }
      }
      try await stream.signal(SIGINT)
    }
  }

  @Test func `a project whose first build fails is in error`() async throws {
    try await withLiveApp { manager, _ in
      let repository = try await Repository(in: manager.workspace, named: "valentine")
      try await repository.commit("v1", build: "exit 7")
      try await manager.bascule(
        "projects", "add", "valentine", repository.path, "--owner", "ada", exits: 0)
      try await manager.untilIdle(of: "valentine")
      #expect(try await manager.state(of: "valentine") == "error")
      try await repository.commit("v1", build: "sleep 1")
      let stream = try curl(manager, try await manager.token("ada"))
      try await manager.whileRunning("it builds") { try await manager.state(of: "valentine") == "building" }
      #expect(try await stream.ended() == 0)
      #expect(try await manager.state(of: "valentine") == "running")
    }
  }

  @Test func `a second reader of the same wish does not end it`() async throws {
    try await withValentine { manager, repository, token in
      try await repository.commit("v2", build: Self.slow)
      let first = try curl(manager, token)
      try await untilItBuilds(manager, first)
      let id = try await newest(manager)
      let follower = try Child.start(
        [
          "curl", "-sS", "-N", "-H", "Authorization: Bearer \(token)",
          "http://localhost:\(manager.controlPort)/api/deployments/\(id)/stream",
        ], in: manager.workspace)
      try await manager.whileRunning("it follows") { follower.output.contains("\"in the middle\"") }
      try await follower.signal(SIGINT)
      _ = try await follower.ended()
      try await Task.sleep(for: .milliseconds(300))
      #expect(try await manager.deployment(id, token)["state"].string == "building")
      try await first.signal(SIGINT)
      #expect(try await manager.outcome(of: id, token) == "canceled")
    }
  }
}
