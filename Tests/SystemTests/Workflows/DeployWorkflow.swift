import Foundation
import Testing

/// The workflow that users copy, before a running server.
@Suite(.fewAtATime)
struct DeployWorkflow {
  @Test func `a push is deployed, and the job ends when it is live`() async throws {
    try await withLiveApp { manager, repository in
      let second = try await repository.commit("2")
      try await repository.commit("3")
      let run = try await DeployJob(commit: second).run(manager)
      #expect(run.code == 0, "\(run)")
      #expect(try await manager.app()["commit"].string == second)
      #expect(run.steps == ["Trigger the deployment", "Wait for the outcome"])
      #expect(run.output.contains("Deployment 2: success\n"), "\(run)")
      #expect(run.annotations("error") + run.annotations("warning") == [])
    }
  }

  @Test func `a build that fails fails the job, with the last lines, which are no commands`() async throws {
    try await withLiveApp { manager, repository in
      let build = "echo '::warning::planted'; echo 100% of it; echo the disk is on fire >&2; exit 7"
      let run = try await DeployJob(commit: repository.commit("2", build: build)).run(manager)
      #expect(run.code == 1, "\(run)")
      let error = try #require(run.annotations("error").first)
      #expect(error.contains("exit code 7") || error.contains("code 7"), "\(error)")
      #expect(error.contains("%0Athe disk is on fire") && error.contains("100%25 of it"), "\(error)")
      #expect(run.output.contains("::error title=Deployment 2 failed::"))
      #expect(run.output.contains("\nthe disk is on fire\n"))
      #expect(run.output.contains("::group::The end of its log"))
      #expect(run.annotations("warning") == [], "\(run)")
      #expect(try await manager.app()["version"].string == "1")
    }
  }

  @Test func `a wrong secret fails the job and shows the answer, not the secret`() async throws {
    try await withLiveApp { manager, repository in
      let run = try await DeployJob(commit: repository.head(), secret: "wrong secret").run(manager)
      #expect(run.code == 1)
      #expect(run.steps == ["Trigger the deployment"])
      #expect(run.annotations("error").first?.contains("HTTP 401") == true, "\(run)")
      #expect(run.annotations("error").first?.contains("signature does not match") == true, "\(run)")
      #expect(!run.output.contains("wrong secret") && !run.output.contains("127.0.0.1"), "\(run)")
    }
  }

  @Test func `a module's push never deploys main`() async throws {
    try await withLiveApp { manager, repository in
      let before = try await manager.json("status")["last"]["id"].int
      let run = try await DeployJob(commit: repository.commit("2"), ref: "refs/heads/module/shop").run(
        manager)
      #expect(run.code == 0, "\(run)")
      #expect(run.annotations("notice").first?.contains("module/shop") == true, "\(run)")
      #expect(run.steps == ["Trigger the deployment"])
      #expect(try await manager.json("status")["last"]["id"].int == before)
      #expect(try await manager.app()["version"].string == "1")
    }
  }

  @Test func `what a newer push has pushed out passes, with a word of it`() async throws {
    try await withLiveApp { manager, repository in
      let gate = manager.workspace.path + "/gate"
      let slow = try await repository.commit("2", build: "while [ ! -e \(gate) ]; do sleep 0.1; done")
      #expect(try await manager.webhook.push(.init(after: slow)).status == 202)
      let second = try await repository.commit("3")
      let third = try await repository.commit("4")
      async let run = DeployJob(commit: second).run(manager)
      try await manager.whileRunning("the job's deployment waits") {
        try await manager.status()["queue"].list.contains { $0["commit"].string == second }
      }
      #expect(try await manager.webhook.push(.init(after: third)).status == 202)
      let ended = try await run
      #expect(ended.code == 0, "\(ended)")
      #expect(ended.annotations("notice").first?.contains("superseded by deployment #4") == true, "\(ended)")
      try manager.workspace.write("", to: "gate")
      try await manager.untilServes("4")
    }
  }

  @Test func `the same attempt again follows what it has begun, a later one finds it live`() async throws {
    try await withLiveApp { manager, repository in
      let gate = manager.workspace.path + "/gate"
      let commit = try await repository.commit("2", build: "while [ ! -e \(gate) ]; do sleep 0.1; done")
      let job = DeployJob(commit: commit)
      async let first = job.run(manager)
      try await manager.whileRunning("it builds") {
        try await manager.status()["current"]["commit"].string == commit
      }
      async let second = job.run(manager)
      try await manager.workspace.untilSomethingSays("Deployment 2 (HTTP 200, duplicate)")
      try manager.workspace.write("", to: "gate")
      let runs = try await (first, second)
      #expect(runs.0.code == 0 && runs.1.code == 0, "\(runs)")
      #expect(runs.1.output.contains("Deployment 2 (HTTP 200, duplicate)"), "\(runs.1)")
      #expect(runs.1.output.contains("Deployment 2: success"), "\(runs.1)")

      let later = try await DeployJob(commit: commit, attempt: 2).run(manager)
      #expect(later.code == 0)
      #expect(later.annotations("notice").first?.contains("already live") == true, "\(later)")
    }
  }

  @Test func `by hand main is deployed, and no other branch`() async throws {
    try await withLiveApp { manager, repository in
      let second = try await repository.commit("2")
      try await repository.commit("3")
      let job = DeployJob(commit: second, event: "workflow_dispatch")
      let run = try await job.run(manager)
      #expect(run.code == 0, "\(run)")
      #expect(try await manager.app()["version"].string == "2")
      // Should its answer have been lost.
      let again = try await job.run(manager)
      #expect(again.output.contains("Deployment 2 (HTTP 200, duplicate)"), "\(again)")

      let other = try await DeployJob(
        commit: repository.head(), event: "workflow_dispatch", ref: "refs/heads/module/shop"
      ).run(manager)
      #expect(other.code == 1)
      #expect(other.annotations("error").first?.contains("module/shop") == true, "\(other)")
      #expect(try await manager.app()["version"].string == "2")
    }
  }
}
