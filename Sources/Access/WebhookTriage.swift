import JSON

/// What a trigger means to each of several projects.
package enum WebhookTriage: Sendable, Equatable {
  package struct Wish: Sendable, Equatable {
    package let project: String
    package let request: DeployRequest
  }

  case pong
  /// At least one.
  case deploy([Wish])
  case ignore(String)
  case invalid(String)

  /// `projects`: the one that a trigger without a name means comes first.
  package init(_ request: WebhookRequest, _ body: WebhookBody, for projects: [WebhookProject]) {
    guard let first = projects.first else {
      self = .ignore("there is no project")
      return
    }
    switch (request.event, body) {
    case (.none, .object(let body)):
      guard let named = Self.named(in: body, projects, otherwise: first) else {
        self = .invalid("project is not the name of one.")
        return
      }
      self.init([(named, WebhookVerdict(request, .object(body), for: named))])
    case (.push, .object(let payload)):
      guard let push = Push(payload, from: request.provider) else {
        self = .invalid("The payload is no push of \(request.provider.rawValue)'s.")
        return
      }
      self.init(Self.concerned(push, projects, otherwise: first).map { ($0, .push(push, request, $0)) })
    default: self.init([(first, WebhookVerdict(request, body, for: first))])
    }
  }

  /// Several projects may be made from one repository. One that is not compared, since it is local, is meant only
  /// where no other is named.
  private static func concerned(_ push: Push, _ projects: [WebhookProject], otherwise first: WebhookProject)
    -> [WebhookProject]
  {
    let named = projects.filter { $0.repository.map(push.names) ?? false }
    if !named.isEmpty { return named }
    return projects.first { $0.repository == nil }.map { [$0] } ?? [first]
  }

  private static func named(
    in body: JSONNode, _ projects: [WebhookProject], otherwise first: WebhookProject
  ) -> WebhookProject? {
    guard let node = body["project"], !node.isNull else { return first }
    return projects.first { $0.slug == node.string }
  }

  private init(_ verdicts: [(project: WebhookProject, verdict: WebhookVerdict)]) {
    var wishes: [Wish] = []
    for (project, verdict) in verdicts {
      if case .deploy(let request) = verdict { wishes.append(Wish(project: project.slug, request: request)) }
    }
    if !wishes.isEmpty {
      self = .deploy(wishes)
      return
    }
    switch verdicts.first?.verdict {
    case .pong: self = .pong
    case .invalid(let message): self = .invalid(message)
    case .ignore(let reason): self = .ignore(reason)
    case .deploy, nil: self = .ignore("no project is meant")
    }
  }
}
