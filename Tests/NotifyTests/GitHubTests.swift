import JSON
import Linux
import TestSupport
import Testing

@testable import Notify

@Suite struct GitHubTests {
  init() { MainLoopThread.start() }

  private let github = GitHub(token: "t0ken", api: "https://api.github.com/")

  @Test(
    arguments: [
      ("https://github.com/a/b.git", "a/b"), ("git@github.com:a/b.git", "a/b"),
      ("ssh://git@github.com/a/b", "a/b"), ("ssh://git@ssh.github.com:443/a/b.git", "a/b"),
      ("https://GitHub.com/A/b", "A/b"), ("https://gitlab.com/a/b", nil), ("/srv/a/b.git", nil),
      ("https://github.com/a", nil), ("https://github.com/a/b/c", nil), ("https://github.com/a/..", nil),
      ("https://github.com/a/b?x", nil), ("https://evil.test/github.com/a/b", nil), ("", nil),
    ] as [(String, String?)])
  func `only a project on GitHub has a repository there`(url: String, name: String?) {
    #expect(github.repository(of: url) == name)
  }

  @Test func `a server of one's own is known by its API`() {
    let own = GitHub(token: "t", api: "https://git.corp.test/api/v3")
    #expect(own.repository(of: "git@git.corp.test:a/b.git") == "a/b")
    #expect(own.repository(of: "https://github.com/a/b") == nil)
    #expect(
      GitHub(token: "t", api: "https://api.corp.ghe.com").repository(of: "https://corp.ghe.com/a/b") == "a/b")
  }

  @MainLoop
  @Test(
    arguments: [
      ("building", "push", "pending", "in_progress"), ("success", "push", "success", "success"),
      ("failed", "push", "failure", "failure"), ("interrupted", "push", "error", "failure"),
      ("rolled_back", "push", "failure", "inactive"), ("canceled", "push", "error", "inactive"),
      ("success", "rollback", "success", "success"), ("success", "watch", "success", "success"),
    ])
  func `each state has GitHub's word for it`(
    state: String, trigger: String, commitState: String, deploymentState: String
  ) throws {
    let told = try #require(
      news(record(state: state, trigger: trigger), publicURL: "https://x.test", repository: "a/b"))
    let status = try JSONDocument(text: CommitStatuses(github).body(told).text).root
    #expect(status["state"]?.string == commitState)
    #expect(status["context"]?.string == "bascule/main")
    #expect(status["target_url"]?.string == "https://x.test/deployments/12")
    let deployment = try JSONDocument(text: GitHubDeployments(github).status(told).text).root
    #expect(deployment["state"]?.string == deploymentState)
  }

  @Test func `a description has at most 140 characters as GitHub counts them`() throws {
    let told = try #require(news(record(state: "failed", error: String(repeating: "😀", count: 500))))
    #expect(told.statusLine.utf16.count <= 140)
    #expect(told.statusLine.hasPrefix("main: deployment #12 of main failed: 😀"))
  }

  @MainLoop @Test func `a commit is named by its whole hash or not at all`() throws {
    let channel = CommitStatuses(github)
    func takes(_ commit: String?, _ repository: String?) -> Bool {
      news(record(commit: commit), repository: repository).map(channel.takes) ?? false
    }
    #expect(takes(hash, "a/b"))
    #expect(!takes(hash, nil))
    #expect(!takes(nil, "a/b"))
    #expect(!takes("0123456", "a/b"))
    #expect(!takes("../../../../user/emails0000000000000000000", "a/b"))
  }

  @MainLoop @Test func `a deployment is made once, then told of by its number`() async throws {
    let sender = ScriptedSender()
    sender.answer = { transfer in
      transfer.url.hasSuffix("/deployments")
        ? .answered(Answer(status: 201, body: Array(#"{"id": 77}"#.utf8))) : .answered(Answer(status: 201))
    }
    let channel = GitHubDeployments(github)
    for state in ["building", "success"] {
      let told = try #require(news(record(state: state), repository: "a/b"))
      let outcome = await channel.deliver(told, delivery: "d", isRetry: false, by: sender)
      #expect(outcome == .accepted)
    }
    let base = "https://api.github.com/repos/a/b/deployments"
    #expect(sender.sent.map(\.url) == [base, "\(base)/77/statuses", "\(base)/77/statuses"])
    let made = try JSONDocument(text: try #require(sender.bodies.first)).root
    #expect(made["ref"]?.string == hash)
    #expect(made["auto_merge"]?.bool == false)
    #expect(made["required_contexts"]?.kind == .array)
    #expect(made["environment"]?.string == "production")
    #expect(sender.sent.first?.header("Authorization") == "Bearer t0ken")
  }

  @MainLoop @Test func `after a restart it is found again instead of made again`() async throws {
    let sender = ScriptedSender()
    let key = "main/12/2026-01-31T12:00:00.000Z"
    sender.answer = { transfer in
      transfer.url.contains("?")
        ? .answered(
          Answer(
            status: 200,
            body: Array(#"[{"id": 1, "payload": {}}, {"id": 78, "payload": {"bascule": "\#(key)"}}]"#.utf8)))
        : .answered(Answer(status: 201))
    }
    let told = try #require(news(repository: "a/b"))
    let outcome = await GitHubDeployments(github).deliver(told, delivery: "d", isRetry: true, by: sender)
    #expect(outcome == .accepted)
    #expect(
      sender.sent.map(\.url) == [
        "https://api.github.com/repos/a/b/deployments?sha=\(hash)&per_page=10",
        "https://api.github.com/repos/a/b/deployments/78/statuses",
      ])
  }

  @MainLoop @Test func `a token without the right is told of in GitHub's words, and never itself`()
    async throws
  {
    let sender = ScriptedSender()
    let told = try #require(news(repository: "a/b"))
    for channel in [CommitStatuses(github), GitHubDeployments(github)] as [any Channel] {
      sender.answer = { _ in .answered(Answer(status: 403, body: Array(#"{"message": "Not allowed"}"#.utf8)))
      }
      var outcome = await channel.deliver(told, delivery: "d", isRetry: false, by: sender)
      #expect(outcome == .never("api.github.com answered 403: Not allowed"))
      sender.answer = { _ in .answered(Answer(status: 401, body: Array(#"{"message": "t0ken"}"#.utf8))) }
      outcome = await channel.deliver(told, delivery: "d", isRetry: false, by: sender)
      #expect(outcome == .never("api.github.com answered 401"))
      sender.answer = { _ in .answered(Answer(status: 403, retryAfter: .seconds(60))) }
      outcome = await channel.deliver(told, delivery: "d", isRetry: false, by: sender)
      #expect(outcome == .later("api.github.com answered 403", after: .seconds(60)))
    }
  }
}
