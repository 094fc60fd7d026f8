import JSON

/// What a signed trigger asks for, as far as that shows without looking at history.
package enum WebhookVerdict: Sendable, Equatable {
  case pong
  case deploy(DeployRequest)
  case ignore(String)
  case invalid(String)
}

package struct DeployRequest: Sendable, Equatable {
  /// A branch, tag or commit; nil for the tip of the project's branch.
  package var ref: String?
  /// The exact commit, where the trigger names one.
  package var commit: String?
  package var before: String?
  package var isForced = false
  package var mode: String?
  package var actor: String?
  package var message: String?
  package var author: String?
  package var delivery: String?

  package init() {}
}

/// What a trigger is held against.
package struct WebhookProject: Sendable {
  package let slug: String
  /// nil for a local repository, which is not compared.
  package let repository: RepositoryIdentity?
  package let branch: String

  package init(slug: String = "main", repository: String?, branch: String) {
    self.slug = slug
    self.repository = repository.flatMap(RepositoryIdentity.init(url:))
    self.branch = branch
  }
}

extension WebhookVerdict {
  package init(_ request: WebhookRequest, _ body: WebhookBody, for project: WebhookProject) {
    switch (request.event, body) {
    case (_, .invalid(let message)): self = .invalid(message)
    case (.ping, _): self = .pong
    case (.other(let name), _): self = .ignore("event \(name) is not a push")
    case (.none, .empty): self = .plain(nil, request)
    case (.none, .object(let body)): self = .plain(body, request)
    case (.push, .empty): self = .invalid("A push needs its payload in the body.")
    case (.push, .object(let payload)):
      guard let push = Push(payload, from: request.provider) else {
        self = .invalid("The payload is no push of \(request.provider.rawValue)'s.")
        return
      }
      self = .push(push, request, project)
    }
  }

  /// Somebody's own trigger, such as curl in a workflow.
  static func plain(_ body: JSONNode?, _ request: WebhookRequest) -> WebhookVerdict {
    func isUnset(_ node: JSONNode?) -> Bool { node?.isNull ?? true }
    var deploy = DeployRequest()
    deploy.delivery = request.delivery
    deploy.ref = body?["ref"]?.string
    deploy.mode = body?["mode"]?.string
    deploy.isForced = body?["force"]?.bool ?? false
    guard deploy.ref != nil || isUnset(body?["ref"]) else { return .invalid("ref is not a string.") }
    guard deploy.mode != nil || isUnset(body?["mode"]) else { return .invalid("mode is not a string.") }
    guard body?["force"]?.bool != nil || isUnset(body?["force"]) else {
      return .invalid("force is neither true nor false.")
    }
    if let problem = deploy.ref.flatMap(RefName.problem(with:)) { return .invalid(problem) }
    return .deploy(deploy)
  }

  static func push(_ push: Push, _ request: WebhookRequest, _ project: WebhookProject)
    -> WebhookVerdict
  {
    if let repository = project.repository, !push.names(repository) {
      let other = push.repository.map { printable($0.description, limit: 100) }
      return .ignore("push to \(other ?? "an unnamed repository"); this project deploys \(repository)")
    }
    let branch = project.branch
    guard let change = push.changes.first(where: { $0.kind == .branch && $0.name == branch }) else {
      guard let other = push.changes.first else { return .ignore("the push changed no branch") }
      let name = printable(other.name, limit: 100)
      if other.kind == .tag { return .ignore("push of tag \(name); this project deploys branch \(branch)") }
      return .ignore(
        other.after == nil
          ? "branch \(name) was deleted" : "push to branch \(name); this project deploys \(branch)")
    }
    guard let after = change.after else { return .ignore("branch \(branch) was deleted") }
    guard RefName.isCommit(after) else { return .invalid("The pushed commit is not a full hash.") }
    if change.isSkipped { return .ignore("every commit of the push says to skip it") }
    var deploy = DeployRequest()
    deploy.ref = branch
    deploy.commit = after
    deploy.before = change.before.flatMap { RefName.isCommit($0) ? $0 : nil }
    deploy.isForced = change.isForced
    deploy.actor = push.actor.map { printable($0, limit: 100) }
    deploy.message = change.message.map { printable($0, limit: 200) }
    deploy.author = change.author.map { printable($0, limit: 100) }
    deploy.delivery = request.delivery
    return .deploy(deploy)
  }
}
