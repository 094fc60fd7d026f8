import Foundation
import Testing

/// From `podman run` to an app that answers, and to an end that nobody waits for.
@Suite(.inContainers, .fewAtATime)
struct ContainerStart {
  @Test func `without a setting the sample app is deployed, by a PID 1 that is bascule`() async throws {
    try await Workspace.with { workspace in
      try await Container.with(in: workspace) { container in
        try await container.untilReady()
        #expect(try await request(port: container.port).text.contains("It is live."))
        // Behind the first release the next one is begun, by processes that end.
        let processes = try await eventually("nothing runs but bascule and the app") {
          let all = try await container.processes()
          return all.count == 3 ? all : nil
        }
        #expect(processes.first?.contains(#/^root +bascule run/#) == true, "\(processes)")
        #expect(processes.dropFirst().allSatisfy { $0.hasPrefix("bun ") }, "\(processes)")
        #expect(try await container.log().contains("the password of admin is "))
        #expect(container.current == "releases/1")
      }
    }
  }

  @Test(arguments: ["cat /app/shared/admin.password", "mv /app/shared /app/mine", "cat /proc/1/environ"])
  func `the app's user has no say over what is Bascule's own`(command: String) async throws {
    try await withContainer { container, _ in
      let finished = try await container.exec("su", "--command", command, "bun")
      #expect(finished.code != 0 && finished.errors.contains("ermi"), "\(finished)")
    }
  }

  @Test func `it turns healthy when a release is live`() async throws {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try await repository.commit("1", build: "while [ ! -e /app/shared/cache/go ]; do sleep 0.02; done")
      var options = Container.Options()
      options.settings["GIT_REPO"] = "/repository"
      options.flags = ["--volume", "\(repository.path):/repository:ro"]
      try await Container.with(in: workspace, options) { container in
        try await container.untilLogged("bun run build")
        let early = try await container.bascule("health", exits: 1)
        #expect(early.errors.contains("deployment #1 is building"), "\(early)")
        #expect(try await health(container) != "healthy")
        try await container.exec("touch", "/app/shared/cache/go")
        try await container.untilReady()
        try await container.podman("healthcheck", "run", container.name)
        #expect(try await health(container) == "healthy")
      }
    }
  }

  private func health(_ container: Container) async throws -> String {
    try await container.podman("inspect", "--format", "{{.State.Healthcheck.Status}}", container.name)
  }

  /// 12345 is nobody that the image knows; podman writes a line for it into /etc/passwd unless it is told not to.
  @Test(arguments: [
    [], ["--user", "bun"], ["--user", "12345:12345"], ["--user", "12345:12345", "--passwd=false"],
  ])
  func `from a repository over ssh, whoever it runs as, and on by a signed trigger`(user: [String])
    async throws
  {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      let server = try await SSHServer(in: workspace)
      let key = try await workspace.write(server.key("ed25519"), to: "deploy-key")
      var options = Container.Options()
      options.flags = user + ["--volume", "\(key):/run/secrets/git_ssh_key:ro"]
      options.settings = [
        "GIT_REPO": server.address(of: repository), "GIT_SSH_KEY_FILE": "/run/secrets/git_ssh_key",
        "GIT_SSH_KNOWN_HOSTS": server.knownHost,
      ]
      if !user.isEmpty { options.flags += ["--cap-drop", "ALL", "--read-only", "--tmpfs", "/tmp"] }
      try await Container.with(in: workspace, options) { container in
        let app = try await container.untilServes("1")
        #expect(app["uid"].int == (user.contains("12345:12345") ? 12345 : 1000))
        let second = try await repository.commit("2")
        #expect(try await container.webhook.post(Data()).status == 202)
        #expect(try await container.untilServes("2")["commit"].string == second)
        #expect(try await container.stop() == "0")
      }
    }
  }

  @Test func `a signed push deploys its commit, and one that is signed by somebody else nothing`()
    async throws
  {
    try await withContainer { container, repository in
      let second = try await repository.commit("2")
      let wrong = ["X-Hub-Signature-256": "sha256=" + String(repeating: "0", count: 64)]
      let body = try Webhook.Push(after: second).body
      #expect(try await container.webhook.post(body, event: "push", headers: wrong).status == 401)
      #expect(try await container.webhook.push(.init(after: second)).status == 202)
      #expect(try await container.untilServes("2")["commit"].string == second)
    }
  }

  @Test func `podman stop ends it with 0, and the answer that is on its way still arrives`() async throws {
    try await withContainer { container, repository in
      try repository.write("index.ts", Data(Self.slowApp.utf8))
      try await repository.commit("2")
      try await container.bascule("deploy")
      async let answer = request("GET", "/slow", port: container.port)
      try await container.untilLogged("somebody waits")
      let started = ContinuousClock.now
      #expect(try await container.stop() == "0")
      let took = ContinuousClock.now - started
      #expect(took < .seconds(10))
      #expect(try await answer.text == "it was worth the wait")
      print("podman stop, with a request of 1 s in flight: \(took)")
    }
  }

  private static let slowApp = """
    Bun.serve({
      async fetch(request) {
        if (!request.url.endsWith("/slow")) return new Response("fine");
        console.log("somebody waits");
        await Bun.sleep(1000);
        return new Response("it was worth the wait");
      },
    });
    """
}
