import Foundation
import Testing

/// Which deliveries came, what was made of each, and who did what.
@Suite(.fewAtATime)
struct Audit {
  private func deliveries(_ manager: Manager, _ token: String) async throws -> [JSON] {
    try await manager.api("/api/webhooks/deliveries?limit=200", token: token).json["items"].list
  }

  private func delivery(_ guid: String, _ manager: Manager, _ token: String) async throws -> JSON {
    try #require(try await deliveries(manager, token).first { $0["guid"].string == guid }, "\(guid)")
  }

  @Test func `every delivery is on record with its verdict and the reason`() async throws {
    try await withLiveApp { manager, repository in
      let token = try await manager.admin()
      let second = try await repository.commit("2")
      let webhook = manager.webhook
      #expect(try await webhook.push(.init(after: second), delivery: "queued-1").status == 202)
      try await manager.untilServes("2")
      try await manager.untilIdle()
      let branch = Webhook.Push(ref: "refs/heads/other", after: second)
      #expect(try await webhook.push(branch, delivery: "ignored-1").status == 200)
      #expect(try await webhook.push(.init(after: second), delivery: "live-1").status == 200)
      #expect(try await webhook.post(Data("{}".utf8), event: "ping", delivery: "ping-1").status == 200)
      #expect(try await webhook.post(Data("{".utf8), event: "push", delivery: "invalid-1").status == 400)
      let unsigned = try await webhook.post(
        Webhook.Push(after: second).body, event: "push", delivery: "refused-1", signed: false,
        headers: ["X-Hub-Signature-256": "sha256=" + String(repeating: "0", count: 64)])
      #expect(unsigned.status == 401)

      let verdicts = ["queued", "ignored", "pong", "invalid", "refused"]
      for (guid, verdict) in zip(["queued-1", "ignored-1", "ping-1", "invalid-1", "refused-1"], verdicts) {
        let item = try await delivery(guid, manager, token)
        #expect(item["verdict"].string == verdict, "\(item)")
        #expect(item["provider"].string == "github" && item["at"].string != nil, "\(item)")
        if verdict != "queued", verdict != "pong" {
          #expect(item["reason"].string?.isEmpty == false, "\(item)")
        }
      }
      let queued = try await delivery("queued-1", manager, token)
      let id = try #require(queued["deployment"].int)
      #expect(try await manager.deployment(id, token)["commit"].string == second)
      #expect(queued["project"].string == "main")
      let live = try await delivery("live-1", manager, token)
      #expect(
        live["verdict"].string == "ignored" && live["reason"].string?.hasPrefix("already live") == true,
        "\(live)")
    }
  }

  @Test func `the same delivery twice is told as a duplicate`() async throws {
    try await withLiveApp { manager, repository in
      let token = try await manager.admin()
      let second = try await repository.commit("2", build: "sleep 2")
      let first = try await manager.webhook.push(.init(after: second), delivery: "twice")
      let again = try await manager.webhook.push(.init(after: second), delivery: "twice")
      #expect(try again.json["status"].string == "duplicate", "\(again)")
      let all = try await deliveries(manager, token).filter { $0["guid"].string == "twice" }
      #expect(all.map { $0["verdict"].string }.contains("duplicate"), "\(all)")
      let id = try first.json["deployment"].int
      #expect(all.allSatisfy { $0["deployment"].int == id }, "\(all)")
    }
  }

  @Test func `an ignored delivery can be replayed once its reason is gone`() async throws {
    try await withLiveApp { manager, repository in
      let token = try await manager.admin()
      let locked = try await manager.api(
        "/api/projects/main/lock", "POST", token: token, ["reason": "a talk"])
      #expect(locked.status == 200, "\(locked)")
      let second = try await repository.commit("2")
      let answer = try await manager.webhook.push(.init(after: second), delivery: "held-back")
      #expect(try answer.json["status"].string == "ignored", "\(answer)")
      #expect(try await delivery("held-back", manager, token)["verdict"].string == "ignored")
      #expect(try await manager.api("/api/projects/main/unlock", "POST", token: token).status == 200)
      let path = "/api/webhooks/deliveries/held-back/replay"
      let replayed = try await manager.api(path, "POST", token: token)
      #expect(replayed.status == 202, "\(replayed)")
      let id = try #require(try replayed.json["deployment"].int)
      #expect(try await manager.outcome(of: id, token) == "success")
      try await manager.untilServes("2")
      #expect(
        try await manager.api("/api/webhooks/deliveries/none/replay", "POST", token: token).status == 404)
      let actions = try await manager.api("/api/audit", token: token).json["items"].list
      let replay = try #require(actions.first { $0["action"].string == "replay" })
      #expect(replay["actor"].string == "tester" && replay["detail"].string?.contains("held-back") == true)
    }
  }

  @Test func `whoever does something is written down, with what and when`() async throws {
    try await withLiveApp { manager, repository in
      let token = try await manager.admin()
      let steps: [(path: String, body: [String: any Sendable])] = [
        ("lock", ["reason": "counting votes"]), ("unlock", [:]),
        ("maintenance", ["on": true, "text": "we paint"]), ("maintenance", ["on": false]),
      ]
      for (path, body) in steps {
        let answer = try await manager.api("/api/projects/main/\(path)", "POST", token: token, body)
        #expect(answer.status == 200, "\(path): \(answer)")
      }
      try await manager.deploy(repository.commit("2"), serving: "2")
      let back = try await manager.api("/api/projects/main/rollback", "POST", token: token, [:])
      #expect(back.status == 200, "\(back)")
      try await repository.commit("3", build: "sleep 60")
      let queued = try await manager.api("/api/projects/main/deploy", "POST", token: token, [:])
      let id = try #require(try queued.json["deployment"].int, "\(queued)")
      #expect(
        try await manager.api("/api/deployments/\(id)/cancel", "POST", token: token).status == 200)
      #expect(try await manager.outcome(of: id, token) == "canceled")
      let other = try await Repository(in: manager.workspace, named: "other")
      try await other.commit("v1")
      try await manager.bascule("projects", "add", "other", other.path, exits: 0)

      let actions = try await manager.api("/api/audit", token: token).json["items"].list.reversed()
      let seen = actions.map { [$0["actor"].string, $0["action"].string, $0["project"].string] }
      let said = [
        ["tester", "lock", "main"], ["tester", "unlock", "main"], ["tester", "maintenance on", "main"],
        ["tester", "maintenance off", "main"], ["tester", "rollback", "main"], ["tester", "deploy", "main"],
        ["tester", "cancel", "main"],
      ]
      #expect(seen.filter { $0[0] == "tester" } == said, "\(actions)")
      #expect(seen.contains { $0[1] == "projects add" && $0[2] == "other" && $0[0] != "tester" })
      let deployments = try await manager.deployments(token)
      #expect(deployments.contains { $0["id"].int == id && $0["actor"].string == "tester" })
      #expect(actions.contains { $0["detail"].string == "counting votes" })
      let text = try await manager.bascule("audit", exits: 0).output
      for word in ["counting votes", "projects add", "deliveries", "queued"] {
        #expect(text.contains(word), "\(text)")
      }
      let json = try await manager.json("audit")
      #expect(json["actions"]["items"].list.count == actions.count)
    }
  }
}
