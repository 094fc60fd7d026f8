import Foundation
import Testing

/// kill -9 of the manager at random moments, with two projects deploying: BASCULE_KILLS of them.
@Suite(.fewAtATime)
struct Record {
  private static let unfinished = ["queued", "building", "deploying"]

  @Test func `whenever it is killed, history, queue and disk agree afterwards`() async throws {
    let kills = Toolbox.limit("BASCULE_KILLS", otherwise: 6)
    try await withLiveApp(["KEEP_RELEASES": "100"]) { first, repository in
      let other = try await Repository(in: first.workspace, named: "valentine")
      try await other.commit("v1")
      try await first.bascule(
        "projects", "add", "valentine", other.path, "--host", "valentine.test", exits: 0)
      try await first.untilServes("v1", host: "valentine.test")
      let token = try await first.admin()
      let settings = ["GIT_REPO": repository.path, "KEEP_RELEASES": "100"]
      var manager = first
      var ended: [Int: String] = [:]
      for attempt in 2..<(2 + kills) {
        let build = "for n in $(seq 200); do echo line $n; done; sleep 0.1; echo built > built.txt"
        try await repository.commit("\(attempt)", build: build)
        try await other.commit("v\(attempt)", build: build)
        for slug in ["main", "valentine"] {
          try await manager.bascule("deploy", slug, "--background", exits: 0)
        }
        try await Task.sleep(for: .microseconds(Int.random(in: 0...1_500_000)))
        try await manager.kill9()
        manager = try await manager.again(settings)
        // The control port may answer before anything is live again.
        let port = manager.controlPort
        try await manager.whileRunning("it answers") {
          (try? await request("GET", "/up", port: port))?.status == 200
        }
        try await expectNothingSaysMoreThanIs(manager, token)
        try await manager.untilReady()
        for slug in ["main", "valentine"] {
          try await manager.untilIdle(of: slug)
          // Readiness is main's alone.
          try await manager.whileRunning("\(slug) is live") {
            try await !manager.status(of: slug)["live"].isNull
          }
        }
        try await expectAgreement(manager, token, &ended)
      }
      try await repository.commit("last")
      try await manager.bascule("deploy", exits: 0)
      try await manager.untilServes("last")
    }
  }

  /// What is said to run or to wait is on the list of those that do.
  private func expectNothingSaysMoreThanIs(_ manager: Manager, _ token: String) async throws {
    let active = try await manager.api("/api/admin/deployments/active", token: token).json["items"].list
    let known = Set(active.compactMap { $0["id"].int })
    for deployment in try await manager.deployments(token)
    where Self.unfinished.contains(deployment["state"].string ?? "?") {
      let id = try #require(deployment["id"].int)
      if known.contains(id) { continue }
      // It may have begun in between; a forgotten one would stay.
      let now = try await manager.api("/api/admin/deployments/active", token: token).json["items"].list
      let state = try await manager.deployment(id, token)["state"].string ?? "?"
      #expect(
        now.contains { $0["id"].int == id } || !Self.unfinished.contains(state),
        "\(deployment) is nowhere")
    }
  }

  private func expectAgreement(
    _ manager: Manager, _ token: String, _ ended: inout [Int: String]
  ) async throws {
    let all = try await manager.deployments(token)
    var used: Set<String> = []
    for deployment in all {
      let id = try #require(deployment["id"].int)
      let state = deployment["state"].string ?? "?"
      #expect(!Self.unfinished.contains(state), "\(deployment)")
      // An end is an end, except for what the watch takes back.
      if let before = ended[id], before != state {
        #expect(state == "rolled_back", "\(before): \(deployment)")
      }
      ended[id] = state
      #expect(!deployment["finishedAt"].isNull, "\(deployment)")
      if let release = deployment["release"].int, deployment["trigger"].string != "rollback",
        state == "success"
      {
        let slug = deployment["project"].string ?? "?"
        let folder = slug == "main" ? "" : "projects/\(slug)/"
        #expect(used.insert("\(slug) \(release)").inserted, "release \(release) twice: \(all)")
        #expect(manager.file("\(folder)releases/\(release)/built.txt") != nil, "\(deployment)")
        let revision = manager.file("\(folder)releases/\(release)/REVISION")
        #expect(revision?.hasPrefix(deployment["commit"].string ?? "?") == true, "\(deployment)")
      }
      try await expectWholeStream(of: id, state, manager, token)
    }
    try await expectLiveIsOnRecord(manager, all)
    let logs = try FileManager.default.contentsOfDirectory(atPath: manager.root + "/shared/logs")
    let ids = Set(all.compactMap { $0["id"].int })
    for name in logs { #expect(ids.contains(Int(name.prefix { $0.isNumber }) ?? -1), "\(name) of \(logs)") }
  }

  private func expectWholeStream(
    of id: Int, _ state: String, _ manager: Manager, _ token: String
  ) async throws {
    let events = try await manager.events(id, token)
    let types = events.map { $0["type"].string ?? "?" }
    #expect(types.last == "end", "\(id) ended as \(state): \(types.suffix(5))")
    #expect(types.count { $0 == "end" } == 1 && types.count { $0 == "start" } <= 1, "\(id): \(types)")
    let lines = events.compactMap { event -> Int? in
      guard event["type"].string == "log", let text = event["message"].string, text.hasPrefix("line ") else {
        return nil
      }
      return Int(text.dropFirst(5))
    }
    #expect(lines == Array(1..<(lines.count + 1)), "\(id): \(lines)")
    switch state {
    case "success", "rolled_back": #expect(types.contains("complete"), "\(id): \(types.suffix(5))")
    case "interrupted":
      #expect(!types.contains("complete"))
      let errors = events.filter { $0["type"].string == "error" }
      #expect(errors.map { $0["error"].string } == ["interrupted"], "\(id): \(events.suffix(3))")
    default: #expect(!types.contains("complete"), "\(id) is \(state)")
    }
  }

  /// What serves is what the record says was deployed.
  private func expectLiveIsOnRecord(_ manager: Manager, _ all: [JSON]) async throws {
    for slug in ["main", "valentine"] {
      let live = try await manager.status(of: slug)["live"]
      let number = try #require(live["release"].int, "nothing of \(slug) is live")
      let folder = slug == "main" ? "" : "projects/\(slug)/"
      let current = try FileManager.default.destinationOfSymbolicLink(
        atPath: "\(manager.root)/\(folder)current")
      #expect(current == "releases/\(number)")
      let deployed = all.first {
        $0["project"].string == slug && $0["release"].int == number && $0["trigger"].string != "rollback"
      }
      #expect(deployed?["state"].string == "success", "\(slug) serves release \(number): \(deployed as Any)")
      let newest = all.first { $0["project"].string == slug && $0["state"].string == "success" }
      #expect(newest?["release"].int == number, "\(slug) serves \(number), not \(newest as Any)")
    }
  }
}
