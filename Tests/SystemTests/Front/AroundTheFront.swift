import Foundation
import Testing

/// What else the public port does.
@Suite(.fewAtATime, .onItsOwnThread)
struct AroundTheFront {
  @Test func `before the first release is live there is a page that says so`() async throws {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try await repository.commitEcho("1", build: "sleep 2")
      let manager = try await Manager.start(in: workspace, ["GIT_REPO": repository.path])
      let page = try await manager.whileRunning("the front answers") { try? manager.client().get() }
      #expect(page.status == 503)
      #expect(page["retry-after"].flatMap { Int($0) } != nil)
      #expect(page["cache-control"] == "no-store")
      #expect(page["content-type"]?.hasPrefix("text/html") == true)
      #expect(page.text.contains("prepared"), "\(page)")
      try await manager.untilReady()
      #expect(try manager.client().get("/echo").status == 200)
    }
  }

  @Test func `a rollback while the release before is warm starts nothing`() async throws {
    try await withFrontedApp(["WATCH_TIME": "60"]) { manager, repository in
      let first = try #require(try manager.client().get("/echo")["x-pid"])
      try await repository.commitEcho("2")
      try await manager.deployByHand()
      #expect(try manager.servingRelease() == "2")
      let releases = try await manager.json("releases")["items"].list
      #expect(releases.first { $0["number"].int == 1 }?["warm"].bool == true, "\(releases)")
      try await manager.bascule("rollback", exits: 0)
      let back = try manager.client().get("/echo")
      #expect(back["x-release"] == "1")
      #expect(back["x-pid"] == first, "the same process serves again")
      #expect(manager.current == "releases/1")
      // And a person has done it: pushes are paused.
      #expect(try await !manager.status()["paused"].isNull)
      // Forth again by hand, to a process that is warm as well.
      try await manager.bascule("rollback", "2", exits: 0)
      #expect(try manager.servingRelease() == "2")
    }
  }

  @Test func `maintenance answers all with its text, and survives a restart`() async throws {
    try await withFrontedApp { manager, repository in
      let client = try manager.client()
      #expect(try client.get("/echo").status == 200)
      try await manager.bascule("maintenance", "on", "-m", "Back at <noon> & later", exits: 0)
      for path in ["/echo", "/", "/events"] {
        let page = try client.get(path)
        #expect(page.status == 503)
        #expect(page.text.contains("Back at"))
        #expect(!page.text.contains("<noon>"), "the text is text: \(page)")
        #expect(page["cache-control"] == "no-store")
      }
      #expect(try await "\(manager.status()["maintenance"])".contains("Back at"))
      // Deployments go on behind it.
      try await repository.commitEcho("2")
      try await manager.deployByHand()
      #expect(try client.get("/echo").status == 503)
      #expect(try await manager.stop() == 0)
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilReady()
      #expect(try again.client().get("/echo").status == 503)
      try await again.bascule("maintenance", "off", exits: 0)
      #expect(try again.servingRelease() == "2")
      #expect(try await again.status()["maintenance"].isNull)
    }
  }

  @Test func `POST on the webhook's path goes to the webhook, and all else there to the app`() async throws {
    try await withFrontedApp { manager, repository in
      #expect(try manager.client().get("/deploy")["x-method"] == "GET")
      let head = try manager.client().ask("HEAD /deploy HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(head["x-method"] == "HEAD")
      #expect(try manager.client().post("x", to: "/deploy/")["x-target"] == "/deploy/")
      #expect(try manager.client().post("{}", to: "/deploy").status == 401)
      let commit = try await repository.commitEcho("2")
      let hook = Webhook(port: manager.port, workspace: manager.workspace)
      let answer = try await hook.push(.init(after: commit))
      #expect(answer.status == 202, "\(answer)")
      try await manager.whileRunning("release 2 is live") { try await manager.liveRelease() == 2 }
    }
  }

  @Test func `through the front, loopback is where the client really is`() async throws {
    let settings = ["WEBHOOK_SECRET": "", "TRUSTED_PROXIES": "loopback"]
    try await withFrontedApp(settings) { manager, repository in
      try await repository.commitEcho("2")
      for forwarded in ["203.0.113.9", "127.0.0.1, 203.0.113.9", "203.0.113.9, 127.0.0.1", "nonsense", ""] {
        let answer = try manager.client().post("", to: "/deploy", "X-Forwarded-For: \(forwarded)\r\n")
        #expect(answer.status == 401, "\(forwarded): \(answer)")
      }
    }
    try await withFrontedApp(["WEBHOOK_SECRET": ""]) { manager, _ in
      // A proxy beside the container, of which nobody was told, speaks for somebody else too.
      let forwarded = try manager.client().post("", to: "/deploy", "X-Forwarded-For: 203.0.113.9\r\n")
      #expect(forwarded.status == 401, "\(forwarded)")
      let direct = try manager.client().post("", to: "/deploy")
      #expect(direct.status == 200 || direct.status == 202, "\(direct)")
    }
  }

  @Test func `what the front has done can be counted from outside`() async throws {
    try await withFrontedApp { manager, repository in
      let client = try manager.client()
      for _ in 0..<20 { _ = try client.get("/echo") }
      _ = try client.get("/assets/none.js")
      try await repository.commitEcho("2")
      try await manager.deployByHand()
      let answer = try await request("GET", "/metrics", port: manager.controlPort)
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"]?.hasPrefix("text/plain") == true)
      var types: [String: String] = [:]
      var values: [String: Double] = [:]
      for line in answer.text.split(separator: "\n") {
        let words = line.split(separator: " ")
        if line.hasPrefix("# TYPE ") { types["\(words[2])"] = "\(words[3])" }
        guard !line.hasPrefix("#") else { continue }
        #expect(words.count == 2 && line.hasPrefix("bascule_"), "\(line)")
        let name = "\(words[0].prefix { $0 != "{" })"
        let family = types[name] ?? types[name.replacing(/_(bucket|sum|count)$/, with: "")]
        #expect(family != nil, "\(line) has no type")
        #expect(
          values.updateValue(try #require(Double(words[1])), forKey: "\(words[0])") == nil, "\(line) twice")
      }
      #expect(values.contains { $0.key.contains("2xx") && $0.value >= 20 }, "\(answer.text)")
      #expect(values.contains { $0.key.contains("4xx") && $0.value >= 1 })
      #expect(values.contains { $0.key.contains("switches") && $0.value >= 1 })
      let buckets = values.keys.filter { $0.contains("_bucket{") }
      #expect(buckets.count > 5)
      #expect(buckets.contains { $0.contains("+Inf") })
    }
  }

  @Test func `the manager's end lets answers come to theirs`() async throws {
    try await withFrontedApp { manager, _ in
      let client = try manager.client()
      try client.send("GET /slow?ms=1500 HTTP/1.1\r\nHost: h\r\n\r\n")
      try await Task.sleep(for: .milliseconds(300))
      let start = ContinuousClock.now
      #expect(try await manager.stop() == 0)
      #expect(ContinuousClock.now - start < .seconds(9))
      let response = try client.readResponse()
      #expect(response.text == #"{"release":"1"}"#)
      #expect(response.closes)
    }
  }

  @Test func `requests wait for a restart in place, so many and so long as they may`() async throws {
    let settings = ["HANDOFF": "in-place", "HOLD_LIMIT": "5", "HOLD_TIMEOUT": "30", "WATCH_TIME": "1"]
    try await withFrontedApp(settings, EchoMode(listensAfter: 2000)) { manager, _ in
      let clients = try (0..<20).map { _ in try manager.client() }
      for client in clients { #expect(try client.get("/echo").status == 200) }
      try manager.touchReload()
      try await manager.whileRunning("the app is stopped") { manager.log.contains("Stopping release 1") }
      for client in clients { try client.send("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n") }
      let statuses = try clients.map { try $0.readResponse().status }
      #expect(statuses.filter { $0 == 200 }.count == 5, "\(statuses)")
      #expect(statuses.filter { $0 == 503 }.count == 15, "\(statuses)")
    }
    let short = settings.merging(["HOLD_TIMEOUT": "1"]) { $1 }
    try await withFrontedApp(short, EchoMode(listensAfter: 15_000)) { manager, _ in
      try manager.touchReload()
      try await manager.whileRunning("the app is stopped") { manager.log.contains("Stopping release 1") }
      let start = ContinuousClock.now
      let page = try manager.client().get("/echo")
      #expect(page.status == 503, "\(page)")
      #expect(page["retry-after"] != nil)
      #expect(ContinuousClock.now - start < .seconds(3))
      try await manager.whileRunning("it serves again") { try manager.client().get("/echo").status == 200 }
    }
  }
}
