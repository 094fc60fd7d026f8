import Foundation
import Testing

/// What the volume carries over, and what can be done through it.
@Suite(.inContainers, .fewAtATime)
struct ContainerVolume {
  @Test func `a rollback by hand works from within`() async throws {
    try await withTwoReleases { container in
      let script = "rm current; ln -s /app/releases/1 current; touch releases/RELOAD"
      let finished = try await container.exec("sh", "-c", script)
      #expect(finished.code == 0, "\(finished)")
      #expect(try await container.reloadResult()["release"].int == 1)
      try await container.untilServes("1")
    }
  }

  @Test func `a rollback by hand works from outside, through the volume`() async throws {
    try await withTwoReleases { container in
      let current = container.root + "/current"
      try FileManager.default.removeItem(atPath: current)
      try FileManager.default.createSymbolicLink(atPath: current, withDestinationPath: "releases/1")
      try Data().write(to: URL(filePath: container.root + "/releases/RELOAD"))
      #expect(try await container.reloadResult()["release"].int == 1)
      try await container.untilServes("1")
    }
  }

  private func withTwoReleases(_ body: (Container) async throws -> Void) async throws {
    try await withContainer { container, repository in
      try await repository.commit("2")
      try await container.bascule("deploy")
      try await container.untilServes("2")
      try await body(container)
    }
  }

  @Test func `started again it serves at once, without git and without a build`() async throws {
    try await withContainer { container, repository in
      #expect(try await container.stop() == "0")
      try FileManager.default.removeItem(atPath: repository.path + "/.git")
      let started = ContinuousClock.now
      try await container.podman("start", container.name)
      try await eventually("a release is live", every: .milliseconds(2)) { await container.isReady() }
      print("podman start to healthy, with a release on the volume: \(ContinuousClock.now - started)")
      try await container.bascule("health")
      #expect(try await container.app()["version"].string == "1")
    }
  }

  @Test func `a newer image takes over what the older one has left`() async throws {
    try await withContainer { container, repository in
      let admin = try await container.exec("cat", "/app/shared/admin.password").output
      #expect(try await container.stop() == "0")
      try await container.replace { $0.image = try Engine.nextImage }
      try await container.untilServes("1")
      let label = "{{index .Config.Labels \"org.opencontainers.image.version\"}}"
      #expect(try await container.podman("inspect", "--format", label, container.name) == "next")
      #expect(try await container.exec("cat", "/app/shared/admin.password").output == admin)
      let second = try await repository.commit("2")
      #expect(try await container.webhook.push(.init(after: second)).status == 202)
      #expect(try await container.untilServes("2")["release"].string == "2")
      try await container.bascule("rollback")
      try await container.untilServes("1")
    }
  }

  @Test func `on a full volume the app goes on, and the deployment says what is wrong`() async throws {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      var options = Container.Options(
        folder: try await workspace.mount("volume", options: "size=40m,mode=755"))
      options.settings["GIT_REPO"] = "/repository"
      options.flags = ["--volume", "\(repository.path):/repository:ro"]
      try await Container.with(in: workspace, options) { container in
        try await container.untilServes("1")
        let filler = container.root + "/filler"
        _ = try await workspace.attempt(["dd", "if=/dev/zero", "of=\(filler)", "bs=64k"])
        try await repository.commit("2")
        let full = try await container.exec("bascule", "deploy")
        // 75 when not even that could be written down.
        #expect([1, 75].contains(full.code), "\(full)")
        #expect((full.output + full.errors).contains(#/full|No space left/#), "\(full)")
        #expect(try await container.app()["version"].string == "1")
        #expect(try await container.stop() == "0")
        try await container.podman("start", container.name)
        try await container.untilServes("1")
        try FileManager.default.removeItem(atPath: filler)
        try await container.bascule("deploy")
        try await container.untilServes("2")
      }
    }
  }

  @Test func `a second project is deployed, and removed, as the user of the image`() async throws {
    try await withContainer { container, _ in
      let port = try freePort()
      try await container.bascule("projects", "add", "second", "/repository", "--port", "\(port)")
      try await container.bascule("deploy", "second", "--force")
      try await container.whileRunning("the second project answers") {
        (try? await request(port: port).json)?["uid"].int == 1000
      }
      try await container.bascule("projects", "remove", "second")
      try await container.whileRunning("its folder is deleted") {
        try FileManager.default.contentsOfDirectory(atPath: container.root + "/projects").isEmpty
      }
    }
  }
}
