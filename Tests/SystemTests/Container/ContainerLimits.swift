import Foundation
import Testing

/// What a careful person takes away from a container.
@Suite(.inContainers, .fewAtATime)
struct ContainerLimits {
  private static let capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"]

  @Test func `as compose.yaml has it, it deploys, rolls back, starts again and stops`() async throws {
    let compose = try ComposeFile()
    #expect(compose.list("cap_add") == Self.capabilities)
    let secret = "/run/secrets/webhook_secret"
    #expect(compose.value("WEBHOOK_SECRET_FILE") == secret)
    var options = Container.Options()
    options.flags = ["--memory", try #require(compose.value("mem_limit"))]
    options.flags += ["--stop-timeout", String(try #require(compose.value("stop_grace_period")).dropLast())]
    if compose.value("read_only") == "true" { options.flags.append("--read-only") }
    for folder in compose.list("tmpfs") { options.flags += ["--tmpfs", folder] }
    for name in compose.list("cap_drop") { options.flags += ["--cap-drop", name] }
    for name in compose.list("cap_add") { options.flags += ["--cap-add", name] }
    for option in compose.list("security_opt") {
      // Podman knows it without a value.
      options.flags += ["--security-opt", option.replacingOccurrences(of: ":true", with: "")]
    }
    #expect(options.flags.contains("no-new-privileges"))
    try await Workspace.with { workspace in
      let file = try workspace.write(Webhook.secret + "\n", to: "webhook_secret", mode: 0o600)
      options.flags += ["--volume", "\(file):\(secret):ro"]
      options.settings = ["WEBHOOK_SECRET": "", "WEBHOOK_SECRET_FILE": secret, "KEEP_RELEASES": "1"]
      let repository = try await Repository(in: workspace)
      try await repository.commit("1", build: Self.awkwardBuild)
      options.settings["GIT_REPO"] = "/repository"
      options.flags += ["--volume", "\(repository.path):/repository:ro"]
      try await Container.with(in: workspace, options) { container in
        try await container.untilServes("1")
        for version in ["2", "3"] {
          let commit = try await repository.commit(version, build: Self.awkwardBuild)
          #expect(try await container.webhook.push(.init(after: commit)).status == 202)
          try await container.untilServes(version)
        }
        try await container.bascule("rollback")
        try await container.untilServes("2")
        #expect(try await container.stop() == "0")
        try await container.podman("start", container.name)
        try await container.untilServes("2")
        let log = try await container.log()
        #expect(!log.contains("not permitted") && !log.contains("ermission denied"), "\(log)")
      }
    }
  }

  /// Leaves what only its owner may read, and what only root may remove on its behalf.
  private static let awkwardBuild =
    "touch ~/written && mkdir -m 700 own && touch own/file && chmod 000 own/file && chmod 500 own"

  @Test(arguments: capabilities)
  func `a capability that root lacks is named at the start`(missing: String) async throws {
    try await Workspace.with { workspace in
      var options = Container.Options()
      options.flags = ["--cap-drop", "ALL"]
      for name in Self.capabilities where name != missing { options.flags += ["--cap-add", name] }
      try await Container.with(in: workspace, options) { container in
        try await container.podman("wait", container.name)
        #expect(try await container.exitCode() == "78")
        let log = try await container.log()
        #expect(log.contains(" as bun: \(missing). "), "\(log)")
        #expect(log.contains("--cap-add \(missing)") && log.contains("--user bun"), "\(log)")
        #expect(log.split(separator: "\n").count == 1, "\(log)")
      }
    }
  }

  @Test func `a volume that its user may not write is named, with what to do`() async throws {
    try await Workspace.with { workspace in
      try workspace.makeFolder("volume")
      var options = Container.Options(folder: workspace.path + "/volume")
      options.flags = ["--user", "12345:12345"]
      try await Container.with(in: workspace, options) { container in
        try await container.podman("wait", container.name)
        #expect(try await container.exitCode() == "78")
        #expect(try await container.log().contains("/app may not be written by user 12345"))
      }
    }
  }

  @Test func `an app that takes too much memory is ended, explained and started again`() async throws {
    var options = Container.Options()
    options.flags = ["--memory", "300m", "--memory-swap", "300m"]
    try await withContainer(options) { container, repository in
      try repository.write("index.ts", Data(Self.greedyApp.utf8))
      try await repository.commit("2")
      try await container.bascule("deploy")
      let pid = try await container.app()["pid"].int
      _ = try? await request("GET", "/eat", port: container.port)
      try await container.untilLogged("the container ran out of memory: it reached its limit of 300")
      try await container.whileRunning("the app is back") {
        let now = (try? await container.app())?["pid"].int
        return now != nil && now != pid
      }
      #expect(try await container.processes().first?.contains("bascule run") == true)
    }
  }

  private static let greedyApp = """
    Bun.serve({
      fetch(request) {
        const hoard = [];
        while (request.url.endsWith("/eat")) hoard.push(new Uint8Array(8 << 20).fill(1));
        return Response.json({ pid: process.pid, version: "2" });
      },
    });
    """

  /// Docker gives root no right to look into the processes of others, by which Bascule knows those that fled.
  @Test func `what a build leaves running is ended, with no more rights than Docker gives`() async throws {
    try await withContainer { container, repository in
      try await repository.commit("2", build: "setsid sleep 98765 & sleep 0.3")
      try await container.bascule("deploy")
      try await container.untilServes("2")
      let processes = try await container.processes()
      #expect(!processes.contains { $0.contains("sleep") }, "\(processes)")
    }
  }
}
