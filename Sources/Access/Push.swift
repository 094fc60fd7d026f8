import JSON

/// What every forge says about a push, in one shape.
struct Push {
  struct Change {
    enum Kind { case branch, tag }

    var kind: Kind
    var name: String
    /// nil when the ref was made by this push.
    var before: String?
    /// nil when the ref is gone.
    var after: String?
    var isForced = false
    var message: String?
    var author: String?
    /// Every one of its commits carries a skip marker.
    var isSkipped = false
  }

  let name: String?
  /// Looked at only when the name is another.
  let urls: () -> [String?]
  let actor: String?
  let changes: [Change]

  /// nil when it is no push of that forge's.
  init?(_ payload: JSONNode, from provider: WebhookRequest.Provider) {
    switch provider {
    case .github, .gitea, .forgejo, .gogs: self.init(github: payload)
    case .gitlab: self.init(gitlab: payload)
    case .bitbucket: self.init(bitbucket: payload)
    case .plain: return nil
    }
  }

  /// What it calls its repository.
  var repository: RepositoryIdentity? {
    name.flatMap(RepositoryIdentity.init(fullName:))
      ?? urls().lazy.compactMap { $0.flatMap(RepositoryIdentity.init(url:)) }.first
  }

  func names(_ repository: RepositoryIdentity) -> Bool {
    name.flatMap(RepositoryIdentity.init(fullName:)) == repository
      || urls().contains { $0.flatMap(RepositoryIdentity.init(url:)) == repository }
  }

  init(name: String?, urls: @escaping () -> [String?], actor: String?, changes: [Change]) {
    self.name = name
    self.urls = urls
    self.actor = actor
    self.changes = changes
  }

  /// A forge writes zeros where there is no commit.
  static func commit(_ hash: String?) -> String? {
    hash.flatMap { $0.utf8.allSatisfy { $0 == UInt8(ascii: "0") } ? nil : $0 }
  }

  static func split(ref: String) -> (kind: Change.Kind, name: String)? {
    if ref.hasPrefix("refs/heads/") { return (.branch, String(ref.dropFirst(11))) }
    if ref.hasPrefix("refs/tags/") { return (.tag, String(ref.dropFirst(10))) }
    return nil
  }
}
