import JSON

/// The list of deployments of a repository, and what each environment runs.
package final class GitHubDeployments: Channel {
  package let name = "github-deployment"
  package let title = "GitHub deployment"
  private let github: GitHub
  /// What it calls those that it was told of lately. Asked for anew after a restart.
  private var known: [(key: String, id: Int64)] = []

  package init(_ github: GitHub) { self.github = github }

  package func takes(_ news: DeploymentNews) -> Bool {
    news.repository != nil && GitHub.commit(news.commit) != nil
  }

  /// Success there ends whatever was active before: the last in time must be the last that is sent.
  package func lane(of news: DeploymentNews) -> String { news.project }

  package func test(by sender: any Sender) async -> DeliveryOutcome { await github.test(by: sender) }

  package func deliver(
    _ news: DeploymentNews, delivery: String, isRetry: Bool, by sender: any Sender
  ) async -> DeliveryOutcome {
    guard let repository = news.repository, let commit = GitHub.commit(news.commit) else { return .accepted }
    let path = "/repos/\(repository)/deployments"
    let key = key(of: news)
    var id = known.first { $0.key == key }?.id
    // One may have been made whose answer was lost.
    if id == nil, isRetry || news.kind != .started {
      switch await find(key, commit, path, sender) {
      case .failure(let obstacle): return obstacle.outcome
      case .success(let found): id = found
      }
    }
    if id == nil {
      switch await make(news, key, commit, path, sender) {
      case .failure(let obstacle): return obstacle.outcome
      case .success(let made): id = made
      }
    }
    guard let id else { return .later("\(github.host) gave the deployment no number") }
    remember(key, id)
    return github.outcome(await sender.send(github.post("\(path)/\(id)/statuses", status(news))))
  }

  private struct Obstacle: Error { let outcome: DeliveryOutcome }

  private func find(_ key: String, _ commit: String, _ path: String, _ sender: any Sender) async
    -> Result<Int64?, Obstacle>
  {
    let answered = await sender.send(github.get("\(path)?sha=\(commit)&per_page=10"))
    guard case .answered(let answer) = answered, answer.status == 200 else {
      return .failure(Obstacle(outcome: failure(answered)))
    }
    let list = (try? JSONDocument(bytes: answer.body))?.root.elements ?? []
    let found = list.first { $0["payload"]?["bascule"]?.string == key }
    return .success(found?["id"]?.int.map { Int64($0) })
  }

  private func make(
    _ news: DeploymentNews, _ key: String, _ commit: String, _ path: String, _ sender: any Sender
  ) async -> Result<Int64?, Obstacle> {
    let answered = await sender.send(github.post(path, body(news, key, commit)))
    guard case .answered(let answer) = answered, answer.status == 201 else {
      return .failure(Obstacle(outcome: failure(answered)))
    }
    return .success((try? JSONDocument(bytes: answer.body))?.root["id"]?.int.map { Int64($0) })
  }

  /// An answer of success, but not the one that was asked for, is none.
  private func failure(_ answered: TransferOutcome) -> DeliveryOutcome {
    let outcome = github.outcome(answered)
    return outcome == .accepted ? .later("\(github.host) answered, but made no deployment") : outcome
  }

  private func remember(_ key: String, _ id: Int64) {
    guard !known.contains(where: { $0.key == key }) else { return }
    known = known.suffix(19) + [(key, id)]
  }

  /// Numbers begin anew with a new history; times do not.
  private func key(of news: DeploymentNews) -> String {
    "\(news.project)/\(news.id)" + (news.queuedAt.map { "/\($0)" } ?? "")
  }

  func body(_ news: DeploymentNews, _ key: String, _ commit: String) -> JSONValue {
    [
      "ref": .string(commit), "auto_merge": false, "required_contexts": [],
      "environment": .string(environment(news)), "production_environment": .bool(isProduction(news)),
      "description": .string("Deployment #\(news.id) of \(news.project)".clipped(to: 140)),
      "payload": ["bascule": .string(key)],
    ]
  }

  func status(_ news: DeploymentNews) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("state", .string(state(news))), ("environment", .string(environment(news))),
      ("description", .string(news.statusLine)),
    ]
    if let url = news.url { members.append(("log_url", .string(url))) }
    return .object(members)
  }

  private func isProduction(_ news: DeploymentNews) -> Bool { news.project == "main" }

  private func environment(_ news: DeploymentNews) -> String {
    isProduction(news) ? "production" : news.project
  }

  private func state(_ news: DeploymentNews) -> String {
    switch news.kind {
    case .started: "in_progress"
    case .success, .restored: "success"
    case .rollback: news.state == "rolled_back" ? "inactive" : "success"
    case .failure: "failure"
    case .ended: "inactive"
    }
  }
}
