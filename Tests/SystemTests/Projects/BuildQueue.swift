import Foundation
import Testing

/// Who builds when: one line for all projects.
@Suite(.fewAtATime)
struct BuildQueue {
  /// Projects a, b and c, whose builds wait for a file named as the project.
  private func withThree(
    _ settings: [String: String] = [:], _ body: (Manager, [String: Repository]) async throws -> Void
  ) async throws {
    try await withLiveApp(settings) { manager, _ in
      var repositories: [String: Repository] = [:]
      for slug in ["a", "b", "c"] {
        let repository = try await Repository(in: manager.workspace, named: slug)
        try await repository.commit("1", build: wait(for: slug, manager))
        repositories[slug] = repository
        try await manager.bascule(
          "projects", "add", slug, repository.path, "--host", "\(slug).test", exits: 0)
      }
      try await body(manager, repositories)
    }
  }

  private func wait(for slug: String, _ manager: Manager) -> String {
    "while ! test -e \(manager.workspace.path)/go-\(slug); do sleep 0.05; done"
  }

  private func release(_ slug: String, _ manager: Manager) {
    _ = FileManager.default.createFile(atPath: "\(manager.workspace.path)/go-\(slug)", contents: nil)
  }

  private func active(_ manager: Manager) async throws -> [String] {
    let token = try await manager.token("tester", admin: true)
    let items = try await manager.api("/api/admin/deployments/active", token: token).json["items"].list
    return items.map { "\($0["project"].string ?? "?") \($0["state"].string ?? "?")" }
  }

  @Test func `projects build one at a time, in the order in which they asked, and see their positions`()
    async throws
  {
    try await withThree { manager, _ in
      try await manager.whileRunning("a builds") {
        try await active(manager) == ["a building", "b queued", "c queued"]
      }
      #expect(try await manager.status(of: "b")["queue"].list.first?["position"].int == 1)
      #expect(try await manager.status(of: "c")["queue"].list.first?["position"].int == 2)
      release("a", manager)
      try await manager.untilServes("1", host: "a.test")
      try await manager.whileRunning("b builds") { try await active(manager) == ["b building", "c queued"] }
      // Whoever has had a turn stands behind those who have not.
      try await manager.bascule("deploy", "a", "--force", "--background", exits: 0)
      #expect(try await active(manager) == ["b building", "c queued", "a queued"])
      for slug in ["b", "c"] { release(slug, manager) }
      for slug in ["b", "c"] { try await manager.untilServes("1", host: "\(slug).test") }
    }
  }

  @Test func `PARALLEL_BUILDS lets several build at once`() async throws {
    try await withThree(["PARALLEL_BUILDS": "2"]) { manager, _ in
      try await manager.whileRunning("two build") {
        try await active(manager) == ["a building", "b building", "c queued"]
      }
    }
  }

  @Test func `the line survives kill -9`() async throws {
    try await withThree { manager, _ in
      try await manager.whileRunning("a builds") {
        try await active(manager) == ["a building", "b queued", "c queued"]
      }
      try await manager.kill9()
      let again = try await manager.again(["GIT_REPO": manager.workspace.path + "/upstream"])
      for slug in ["a", "b", "c"] { release(slug, again) }
      for slug in ["b", "c"] { try await again.untilServes("1", host: "\(slug).test") }
      try await again.whileRunning("a is deployed anew, since nothing of it was live") {
        try await again.state(of: "a") == "running"
      }
      let first = try JSON(parsing: await again.bascule("status", "--project", "a", "--json").output)
      #expect(first["last"]["state"].string == "success")
    }
  }

  @Test func `a waiting deployment can be canceled, and the next one starts`() async throws {
    try await withThree { manager, _ in
      try await manager.whileRunning("a builds") {
        try await active(manager) == ["a building", "b queued", "c queued"]
      }
      let waiting = try #require(try await manager.status(of: "b")["queue"].list.first?["id"].int)
      try await manager.bascule("cancel", "\(waiting)", exits: 0)
      #expect(try await active(manager) == ["a building", "c queued"])
      let running = try #require(try await manager.status(of: "a")["current"]["id"].int)
      try await manager.bascule("cancel", "\(running)", exits: 0)
      try await manager.whileRunning("c builds") { try await active(manager) == ["c building"] }
    }
  }

  @Test func `a full line answers 429 and says when to come again`() async throws {
    try await withThree(["QUEUE_LIMIT": "2"]) { manager, repositories in
      try await manager.whileRunning("two wait") {
        try await active(manager) == ["a building", "b queued", "c queued"]
      }
      let answer = try await manager.webhook.send(["project": "main", "force": true])
      #expect(answer.status == 429, "\(answer)")
      #expect(Int(answer.headers["retry-after"] ?? "") ?? 0 > 0)
      // Whoever waits already only changes its mind.
      #expect(try await manager.webhook.send(["project": "b"]).status == 202)
    }
  }
}
