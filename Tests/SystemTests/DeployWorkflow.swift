import Foundation
import Testing

/// The workflow that users copy: its shell step, taken out of the file and run as GitHub's runner would.
@Suite(.fewAtATime)
struct DeployWorkflow {
  @Test func `its step deploys the commit it runs for`() async throws {
    try await withLiveApp { manager, repository in
      let second = try await repository.commit("2")
      try await repository.commit("3")
      let finished = try await run(manager, commit: second, secret: Webhook.secret)
      #expect(finished.code == 0, "\(finished)")
      #expect(try JSON(parsing: finished.output)["status"].string == "queued")
      try await manager.untilServes("2")
    }
  }

  @Test func `a wrong secret fails the step and shows the answer, not the secret`() async throws {
    try await withLiveApp { manager, repository in
      let finished = try await run(manager, commit: repository.head(), secret: "wrong secret")
      #expect(finished.code != 0)
      #expect(try JSON(parsing: finished.output)["error"]["message"].string?.isEmpty == false)
      #expect(!finished.description.contains("wrong secret"))
    }
  }

  @Test func `it waits for a server that is just being restarted`() async throws {
    try await withLiveApp { manager, repository in
      let commit = try await repository.commit("2")
      #expect(try await manager.stop() == 0)
      async let finished = run(manager, commit: commit, secret: Webhook.secret)
      try await Task.sleep(for: .milliseconds(300))
      let again = try await manager.again(["GIT_REPO": repository.path])
      #expect(try await finished.code == 0)
      try await again.untilServes("2")
    }
  }

  private func run(_ manager: Manager, commit: String, secret: String) async throws -> Finished {
    let workflow = try String(
      contentsOfFile: Toolbox.checkout + "/.github/workflows/deploy.yml", encoding: .utf8)
    let lines = workflow.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasSuffix("run: |") })
    let indentation = String(repeating: " ", count: 10)
    let step = lines[(start + 1)...].prefix { $0.isEmpty || $0.hasPrefix(indentation) }
    let script = try manager.workspace.write(
      step.map { $0.dropFirst(indentation.count) }.joined(separator: "\n"), to: "step.sh")
    return try await manager.workspace.attempt(
      ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
      environment: [
        "DEPLOY_URL": "http://127.0.0.1:\(manager.controlPort)/", "WEBHOOK_SECRET": secret,
        "GITHUB_SHA": commit,
      ])
  }
}
