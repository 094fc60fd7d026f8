import JSON
import Linux

/// What is told of a deployment. Its text is bounded: commit messages and errors come from strangers.
package struct DeploymentNews: Sendable {
  package let kind: NewsKind
  package let id: Int64
  package let project: String
  package let state: String
  package let trigger: String
  package let actor: String
  package let ref: String
  package let commit: String?
  package let author: String?
  package let message: String?
  package let release: Int?
  package let durationMilliseconds: Int64?
  package let error: String?
  let queuedAt: String?
  /// Of its page.
  package let url: String?
  /// `owner/name` on GitHub, of a project that lives there.
  package let repository: String?
  /// As the API shows it.
  let record: JSONValue

  /// `deployment` is what the API answers for one. nil when there is nothing to tell: of what never ran, say.
  /// `kind`: where the record alone does not tell it.
  package init?(
    _ kind: NewsKind? = nil, deployment: JSONValue, publicURL: String? = nil, repository: String? = nil
  ) {
    guard let record = try? JSONDocument(bytes: deployment.clipped().bytes).root,
      let kind = kind ?? NewsKind(record)
    else { return nil }
    self.init(kind: kind, record: record, url: nil, publicURL: publicURL, repository: repository)
  }

  private init?(
    kind: NewsKind, record: JSONNode, url: String?, publicURL: String?, repository: String?
  ) {
    guard let id = record["id"]?.int, let project = record["project"]?.string else { return nil }
    func text(_ name: String) -> String? { record[name]?.string }
    self.kind = kind
    self.id = Int64(id)
    self.project = project
    state = text("state") ?? ""
    trigger = text("trigger") ?? ""
    actor = text("actor") ?? ""
    ref = text("ref") ?? ""
    commit = text("commit")
    author = text("author")
    message = text("message")
    release = record["release"]?.int
    durationMilliseconds = record["durationMs"]?.int.map { Int64($0) }
    error = text("error")
    queuedAt = text("queuedAt")
    self.url = url ?? publicURL.map { Self.page(of: Int64(id), below: $0) }
    self.repository = repository
    self.record = JSONValue(record)
  }

  private static func page(of id: Int64, below base: String) -> String {
    (base.hasSuffix("/") ? String(base.dropLast()) : base) + "/deployments/\(id)"
  }

  // MARK: On record

  func stored(delivery: String) -> String {
    let value: JSONValue = [
      "delivery": .string(delivery), "url": JSONValue(url), "repository": JSONValue(repository),
      "deployment": record,
    ]
    return value.text
  }

  static func restored(_ body: String, kind: String) -> (news: DeploymentNews, delivery: String)? {
    guard let kind = NewsKind(rawValue: kind), let root = try? JSONDocument(text: body).root,
      let delivery = root["delivery"]?.string, let record = root["deployment"],
      let news = DeploymentNews(
        kind: kind, record: record, url: root["url"]?.string, publicURL: nil,
        repository: root["repository"]?.string)
    else { return nil }
    return (news, delivery)
  }
}

extension JSONValue {
  /// What a person may have written at length keeps more than a name.
  fileprivate func clipped(to limit: Int = 500) -> JSONValue {
    switch self {
    case .null, .bool, .int, .double: self
    case .string(let text): .string(text.clipped(to: limit))
    case .array(let values): .array(values.prefix(50).map { $0.clipped() })
    case .object(let members):
      .object(
        members.prefix(50).map { ($0, $1.clipped(to: ["message", "error"].contains($0) ? 2000 : 500)) })
    }
  }
}
