import Foundation
import Testing

/// What `bascule deploy` is told, and what a build and `bascule logs` know of it.
@Suite(.fewAtATime)
struct DeployOptions {
  @Test func `the commit that is live is no new release and no failure`() async throws {
    try await withLiveApp { manager, repository in
      let commit = try await repository.head()
      let pid = try await manager.app()["pid"].int
      let finished = try await manager.bascule("deploy", "--ref", commit)
      #expect(finished.code == 0, "\(finished)")
      #expect(finished.output.contains("already live"), "\(finished)")
      #expect(try await manager.app()["pid"].int == pid)
      try await manager.bascule("deploy", "--force", exits: 0)
      #expect(try await manager.app()["release"].string == "2")
    }
  }

  @Test func `a ref that git would take for an option is refused at once and uses no number`() async throws {
    try await withLiveApp { manager, repository in
      let finished = try await manager.bascule("deploy", "--ref=-x")
      #expect(finished.code != 0, "\(finished)")
      #expect(finished.errors.contains("-x"), "\(finished)")
      #expect(finished.errors.contains(" "), "\(finished)")
      #expect(!finished.description.contains("Deployment #"), "\(finished)")
      #expect(try manager.releaseNumbers() == [1])
      try await manager.deploy(repository.commit("2"), serving: "2")
      #expect(manager.current == "releases/2")
    }
  }

  @Test func `logs after a rollback are those of the last deployment`() async throws {
    try await withLiveApp { manager, repository in
      try await manager.deploy(
        repository.commit("2", build: "echo building the second"), serving: "2")
      let before = try await manager.bascule("logs", exits: 0).output
      #expect(before.contains("building the second"))
      try await manager.bascule("rollback", exits: 0)
      #expect(try await manager.bascule("logs", exits: 0).output == before)
    }
  }

  @Test func `--timeout bounds the whole deployment and says which limit it was`() async throws {
    try await withLiveApp { manager, repository in
      try await repository.commit("2", build: "sleep 600; echo slept to the end")
      let finished = try await manager.bascule("deploy", "--timeout", "1")
      #expect(finished.code == 1, "\(finished)")
      #expect(finished.errors.contains("DEPLOY_TIMEOUT"), "\(finished)")
      #expect(!finished.output.contains("\nslept to the end"), "\(finished)")
      #expect(try await manager.app()["version"].string == "1")
    }
  }

  @Test func `a build knows its commit, at boot as well as by deploy`() async throws {
    try await withLiveApp(["BUILD_COMMAND": "echo rev=$GIT_REV"]) { manager, repository in
      let first = try await repository.head()
      #expect(try await manager.bascule("logs", exits: 0).output.contains("rev=\(first)"))
      let second = try await repository.commit("2")
      let finished = try await manager.bascule("deploy", exits: 0)
      #expect(finished.output.contains("rev=\(second)"), "\(finished)")
    }
  }
}
