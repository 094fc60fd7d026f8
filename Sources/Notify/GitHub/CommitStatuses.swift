import JSON

/// The mark beside a commit.
package final class CommitStatuses: Channel {
  package let name = "github-status"
  package let title = "GitHub commit status"
  private let github: GitHub

  package init(_ github: GitHub) { self.github = github }

  package func takes(_ news: DeploymentNews) -> Bool {
    news.repository != nil && GitHub.commit(news.commit) != nil
  }

  /// A commit may be deployed more than once: its last state has to be the last that is sent.
  package func lane(of news: DeploymentNews) -> String { "\(news.project)/\(news.commit ?? "")" }

  package func deliver(
    _ news: DeploymentNews, delivery: String, isRetry: Bool, by sender: any Sender
  ) async -> DeliveryOutcome {
    guard let repository = news.repository, let commit = GitHub.commit(news.commit) else { return .accepted }
    return github.outcome(
      await sender.send(github.post("/repos/\(repository)/statuses/\(commit)", body(news))))
  }

  package func test(by sender: any Sender) async -> DeliveryOutcome { await github.test(by: sender) }

  func body(_ news: DeploymentNews) -> JSONValue {
    [
      "state": .string(state(news)), "context": .string("bascule/\(news.project)"),
      "description": .string(news.statusLine), "target_url": JSONValue(news.url),
    ]
  }

  private func state(_ news: DeploymentNews) -> String {
    switch news.kind {
    case .started: "pending"
    case .success, .restored: "success"
    case .rollback: news.state == "rolled_back" ? "failure" : "success"
    case .failure: news.state == "interrupted" ? "error" : "failure"
    case .ended: "error"
    }
  }
}

extension DeploymentNews {
  /// GitHub takes no more than 140, and counts an emoji as two.
  var statusLine: String {
    let text = headline.oneLine + (error.map { ": " + $0.oneLine } ?? "")
    var clipped = text.clipped(to: 140)
    var limit = 140
    while clipped.utf16.count > 140 {
      limit -= 1
      clipped = text.clipped(to: limit)
    }
    return clipped
  }
}
