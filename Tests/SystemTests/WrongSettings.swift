import Foundation
import Testing

/// What cannot be right stops the start: one clear line, exit code 78.
@Suite(.fewAtATime)
struct WrongSettings {
  @Test(arguments: [
    ("PORT", "70000"), ("PORT", "http"), ("CONTROL_PORT", "0"), ("WEBHOOK_PORT", "x"), ("STOP_TIMEOUT", "-1"),
    ("DEPLOY_TIMEOUT", "soon"), ("KEEP_RELEASES", "0"), ("GIT_BRANCH", "-upload-pack=x"),
    ("GIT_BRANCH", "a..b"), ("GIT_REPO", "ext::sh -c id"), ("GIT_REPO", "--upload-pack=id"),
    ("GIT_REPO", "git://example.org/a.git"), ("APP_ROOT", "relative"), ("APP_USER", "nobody-has-this-name"),
    ("LOG_FORMAT", "xml"), ("HEALTH_CHECK_PATH", "up"), ("SHARED_PATHS", "../outside"),
    ("SHARED_PATHS", "/etc"), ("GIT_SSH_KNOWN_HOSTS", "nonsense"), ("WEBHOOK_SECRET_FILE", "/nowhere"),
    ("HANDOFF", "behind"), ("APP_PORT", "0"), ("DRAIN_TIMEOUT", "0"), ("HOLD_TIMEOUT", "-1"),
    ("HOLD_LIMIT", "many"), ("FRONT_THREADS", "65"), ("TRUSTED_PROXIES", "example.org"),
    ("ASSET_PATHS", "assets"), ("ACCESS_LOG", "on"), ("METRICS_TOKEN_FILE", "/nowhere"),
    ("JWT_SECRET", "short"), ("ADMIN_PASSWORD", "short"), ("PARALLEL_BUILDS", "0"), ("NOTIFY_ON", "never"),
    ("SLACK_WEBHOOK_URL", "hooks.slack.com"), ("SMTP_URL", "http://mail"), ("PUBLIC_URL", "example.org"),
  ])
  func `a setting that cannot be right ends the start with 78`(name: String, value: String) async throws {
    try await Workspace.with { workspace in
      var settings = [name: value]
      if name == "WEBHOOK_PORT" { settings["CONTROL_PORT"] = "" }
      if name == "WEBHOOK_SECRET_FILE" { settings["WEBHOOK_SECRET"] = "" }
      try await expectRefusal(of: settings, naming: name, workspace)
    }
  }

  @Test func `a directory named current is not touched: the start is refused`() async throws {
    try await Workspace.with { workspace in
      try workspace.makeFolder("app/current/precious")
      let manager = try await start(workspace)
      #expect(try await manager.process.ended() != 0)
      #expect(manager.log.contains("current"))
      #expect(FileManager.default.fileExists(atPath: manager.root + "/current/precious"))
    }
  }

  @Test func `a volume that cannot be written to is told`() async throws {
    try await Workspace.with { workspace in
      let root = try await workspace.mount("app", options: "ro,size=1m")
      let manager = try await start(workspace)
      #expect(try await manager.process.ended() != 0)
      #expect(manager.log.contains(root))
      #expect(manager.log.localizedCaseInsensitiveContains("read-only"))
    }
  }

  @Test func `a second manager on the same folder is refused, and the first goes on`() async throws {
    try await withLiveApp { first, repository in
      let second = try await Manager.start(
        in: first.workspace, root: first.root, ["GIT_REPO": repository.path])
      #expect(try await second.process.ended() != 0)
      #expect(second.log.contains(first.root))
      #expect(try await first.app()["version"].string == "1")
    }
  }

  @Test(arguments: ["PORT", "CONTROL_PORT"])
  func `a taken port is told`(name: String) async throws {
    try await withLiveApp { first, repository in
      let isPublic = name == "PORT"
      let ports = try (
        app: isPublic ? first.port : freePort(), control: isPublic ? freePort() : first.controlPort
      )
      let second = try await Manager.start(
        in: first.workspace, root: first.workspace.path + "/second", ports: ports,
        ["GIT_REPO": repository.path])
      #expect(try await second.process.ended() == 78, "\(second.log)")
      #expect(second.log.contains("\(name) \(isPublic ? first.port : first.controlPort) is in use"))
      #expect(try await first.app()["version"].string == "1")
    }
  }

  private func start(_ workspace: Workspace) async throws -> Manager {
    let repository = try await Repository(in: workspace)
    try await repository.commit("1")
    return try await Manager.start(in: workspace, ["GIT_REPO": repository.path])
  }
}
