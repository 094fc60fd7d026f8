import Foundation
import Testing

/// Projects beside the container's own: made, served, removed.
@Suite(.fewAtATime)
struct SeveralProjects {
  private func withTwo(
    _ settings: [String: String] = [:], options: [String] = ["--host", "valentine.test"],
    _ body: (Manager, _ main: Repository, _ other: Repository) async throws -> Void
  ) async throws {
    try await withLiveApp(settings) { manager, repository in
      let other = try await Repository(in: manager.workspace, named: "valentine")
      try await other.commit("v1")
      let added = try await manager.bascule(["projects", "add", "valentine", other.path] + options)
      guard added.code == 0 else { throw Failure("projects add: \(added)\n\(manager.log)") }
      try await body(manager, repository, other)
    }
  }

  @Test func `a second project is served at its host, and the rest goes to main`() async throws {
    try await withTwo { manager, _, _ in
      try await manager.untilServes("v1", host: "valentine.test")
      #expect(try await manager.app(host: "VALENTINE.test:8080").json["version"].string == "v1")
      #expect(try await manager.app(host: "other.test").json["version"].string == "1")
      try await manager.untilIdle(of: "valentine")
      #expect(try await manager.state(of: "valentine") == "running")
      #expect(manager.file("projects/valentine/releases/1/REVISION") != nil)
    }
  }

  @Test func `a project with a port of its own is served there, whatever the host`() async throws {
    let port = try freePort()
    try await withTwo(options: ["--port", "\(port)"]) { manager, _, _ in
      try await manager.whileRunning("the port serves it") {
        guard let answer = try? await request(port: port), answer.status == 200 else { return false }
        return try answer.json["version"].string == "v1"
      }
      #expect(try await manager.app()["version"].string == "1")
      let again = try await manager.bascule("projects", "add", "third", manager.root, "--port", "\(port)")
      #expect(again.code == 1)
      #expect(again.errors.contains("is that of project valentine"))
    }
  }

  @Test
  func `it is deployed, rolled back, locked and put in maintenance by its name, and main never notices`()
    async throws
  {
    try await withTwo { manager, _, other in
      try await manager.untilServes("v1", host: "valentine.test")
      try await other.commit("v2")
      try await manager.bascule("deploy", "valentine", exits: 0)
      try await manager.untilServes("v2", host: "valentine.test")
      try await manager.bascule("rollback", "--project", "valentine", exits: 0)
      try await manager.untilServes("v1", host: "valentine.test")
      #expect(try await !manager.status(of: "valentine")["paused"].isNull)
      #expect(try await manager.status()["paused"].isNull)
      try await manager.bascule("lock", "-m", "a talk", "--project", "valentine", exits: 0)
      try await manager.bascule("deploy", "valentine", exits: 75)
      try await manager.bascule("maintenance", "on", "-m", "we paint", "--project", "valentine", exits: 0)
      #expect(try await manager.app(host: "valentine.test").status == 503)
      #expect(try await manager.app()["version"].string == "1")
      #expect(try await manager.status()["live"]["release"].int == 1)
    }
  }

  @Test func `a push that one of two projects keeps away is answered with both deployments`() async throws {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace, named: "app")
      try await repository.commit("1")
      let server = try await SSHServer(in: workspace)
      let address = server.address(of: repository)
      let manager = try await Manager.start(
        in: workspace, ["GIT_REPO": address, "GIT_SSH_KEY": server.key("ed25519")])
      try await manager.untilServes("1")
      try await manager.bascule("projects", "add", "twin", address, exits: 0)
      try await manager.whileRunning("the twin is live") { try await manager.state(of: "twin") == "running" }
      try await manager.bascule("lock", "-m", "tea", "--project", "twin", exits: 0)
      let name = String(repository.path.dropFirst())
      let answer = try await manager.webhook.push(.init(repository: name, after: repository.commit("2")))
      #expect(answer.status == 202)
      #expect(try answer.json["deployments"].list.count == 2, "\(answer)")
      try await manager.untilServes("2")
    }
  }

  @Test func `its repository may come on standard input, for nobody to see it in a command line`()
    async throws
  {
    try await withTwo { manager, _, other in
      let script = "echo '\(other.path)' | \(try Toolbox.bascule) projects add third -"
      try await manager.workspace.run(["sh", "-c", script], environment: ["APP_ROOT": manager.root])
      let listed = try await manager.bascule("projects", "--json", exits: 0)
      #expect(listed.output.contains(other.path))
      #expect(listed.output.contains("\"third\""))
    }
  }

  @Test func `RELOAD in its own folder restarts it alone`() async throws {
    try await withTwo { manager, _, _ in
      try await manager.untilServes("v1", host: "valentine.test")
      let main = try await manager.status()["live"]["pid"].int
      let before = try await manager.status(of: "valentine")["live"]["pid"].int
      _ = FileManager.default.createFile(
        atPath: manager.root + "/projects/valentine/releases/RELOAD", contents: nil)
      try await manager.whileRunning("it runs anew") {
        let live = try await manager.status(of: "valentine")["live"]
        return !live.isNull && live["pid"].int != before
      }
      #expect(try await manager.status()["live"]["pid"].int == main)
    }
  }

  @Test func `it is there again after kill -9, and serves what it served`() async throws {
    try await withTwo { manager, repository, _ in
      try await manager.untilServes("v1", host: "valentine.test")
      try await manager.kill9()
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("v1", host: "valentine.test")
      try await again.untilServes("1")
      #expect(try await again.status(of: "valentine")["live"]["release"].int == 1)
    }
  }

  @Test func `a removed project is gone for good, with its folder, its process and its record`() async throws
  {
    try await withTwo { manager, repository, _ in
      try await manager.untilServes("v1", host: "valentine.test")
      let deployment = try await eventually("its deployment has ended") {
        try await manager.status(of: "valentine")["last"]["id"].int
      }
      try await manager.bascule("projects", "remove", "valentine", exits: 0)
      #expect(try await manager.app(host: "valentine.test").json["version"].string == "1")
      #expect(try await manager.bascule("status", "--project", "valentine").code == 1)
      #expect(try await manager.bascule("logs", "\(deployment)").code == 1)
      try await manager.whileRunning("its folder is deleted") {
        try FileManager.default.contentsOfDirectory(atPath: manager.root + "/projects").isEmpty
      }
      try await manager.kill9()
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("1")
      #expect(try await again.json("projects")["items"].list.map { $0["slug"].string } == ["main"])
    }
  }

  @Test func `a project can be removed in the middle of its first build`() async throws {
    try await withLiveApp { manager, _ in
      let other = try await Repository(in: manager.workspace, named: "slow")
      try await other.commit("v1", build: "sleep 600")
      try await manager.bascule("projects", "add", "slow", other.path, exits: 0)
      try await manager.whileRunning("it builds") { try await manager.state(of: "slow") == "building" }
      try await manager.bascule("projects", "remove", "slow", exits: 0)
      try await manager.bascule("deploy", "--force", exits: 0)
    }
  }

  @Test func `what cannot be a project is refused with its reason`() async throws {
    try await withLiveApp { manager, repository in
      let cases: [(arguments: [String], says: String)] = [
        (["main", repository.path], "there is a project main already"),
        (["../etc", repository.path], "a slug is"), (["Upper", repository.path], "a slug is"),
        (["deploy-stream", repository.path], "a slug is"), (["a", "ext::sh -c id"], "repository"),
        (["a", repository.path, "--host", "no host"], "is no host's name"),
        (["a", repository.path, "--branch", "a..b"], "a..b"),
        (["a", repository.path, "--port", "\(manager.port)"], "is PORT or CONTROL_PORT"),
      ]
      for (arguments, says) in cases {
        let finished = try await manager.bascule(["projects", "add"] + arguments)
        #expect(finished.code != 0, "\(arguments)")
        #expect(finished.errors.contains(says), "\(arguments): \(finished.errors)")
      }
      #expect(try await manager.json("projects")["items"].list.count == 1)
      #expect(try await manager.bascule("projects", "remove", "main").code == 1)
    }
  }

  @Test func `a plain trigger names its project`() async throws {
    try await withTwo { manager, _, other in
      try await manager.untilServes("v1", host: "valentine.test")
      try await other.commit("v2")
      let answer = try await manager.webhook.send(["project": "valentine"])
      #expect(answer.status == 202, "\(answer)")
      try await manager.untilServes("v2", host: "valentine.test")
      #expect(try await manager.webhook.send(["project": "nobody"]).status == 400)
      #expect(try await manager.app()["version"].string == "1")
    }
  }

  @Test func `what is missing for a while is not forgotten`() async throws {
    try await withTwo { manager, repository, _ in
      try await manager.untilServes("v1", host: "valentine.test")
      let deployment = try await eventually("its deployment has ended") {
        try await manager.status(of: "valentine")["last"]["id"].int
      }
      #expect(try await manager.stop() == 0)
      let (projects, away) = (manager.root + "/projects", manager.root + "/away")
      try FileManager.default.moveItem(atPath: projects, toPath: away)
      let without = try await manager.again(["GIT_REPO": repository.path])
      try await without.untilServes("1")
      #expect(try await without.json("projects")["items"].list.count == 1)
      #expect(try await without.stop() == 0)
      try FileManager.default.moveItem(atPath: away, toPath: projects)
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("v1", host: "valentine.test")
      try await again.bascule("logs", "\(deployment)", exits: 0)
    }
  }

  @Test
  func `a project whose port is taken at the start is served at its host, and gets the port when it is free`()
    async throws
  {
    let port = try freePort()
    let options = ["--port", "\(port)", "--host", "valentine.test"]
    try await withTwo(options: options) { manager, repository, _ in
      try await manager.untilServes("v1", host: "valentine.test")
      #expect(try await manager.stop() == 0)
      let thief = try Child.start(
        ["python3", "-m", "http.server", "--bind", "0.0.0.0", "\(port)"], in: manager.workspace)
      try await eventually("the port is taken") { (try? await request(port: port)) != nil }
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("v1", host: "valentine.test")
      #expect(try await again.state(of: "valentine") == "error")
      try await thief.signal(SIGKILL)
      try await again.whileRunning("the port is served") {
        guard let answer = try? await request(port: port), answer.status == 200 else { return false }
        return (try? answer.json["version"].string) == "v1"
      }
      #expect(try await again.state(of: "valentine") == "running")
    }
  }

  @Test func `one that is removed right after it was made leaves nothing behind`() async throws {
    try await withLiveApp { manager, repository in
      for _ in 0..<5 {
        try await manager.bascule("projects", "add", "brief", repository.path, exits: 0)
        try await manager.bascule("projects", "remove", "brief", exits: 0)
      }
      try await Task.sleep(for: .seconds(3))
      #expect(try FileManager.default.contentsOfDirectory(atPath: manager.root + "/projects").isEmpty)
      #expect(try await manager.json("projects")["items"].list.count == 1)
    }
  }
}
