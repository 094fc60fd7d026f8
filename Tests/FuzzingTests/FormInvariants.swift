import HTTP
import JSON

@testable import Access

/// The bodies of triggers.
enum FormInvariants {
  private static let projects = [
    WebhookProject(slug: "main", repository: "git@github.com:acme/app.git", branch: "main"),
    WebhookProject(slug: "shop", repository: nil, branch: "release/2"),
  ]

  static func violation(_ bytes: [UInt8]) -> String? { wrong(form: bytes) ?? wrong(trigger: bytes) }

  private static func wrong(form bytes: [UInt8]) -> String? {
    guard let form = FormFields(bytes) else { return nil }
    // Names are texts: what is none is not asked for.
    let names = form.all.filter { !$0.name.contains("\u{fffd}") }
    let written = names.map { field in
      Percent.encode(field.name) + "="
        + field.value.map { "%" + String(256 + Int($0), radix: 16).dropFirst() }.joined()
    }.joined(separator: "&")
    guard let again = FormFields(Array(written.utf8)) else { return "a form that was written cannot be read" }
    let isSame =
      again.all.count == names.count
      && zip(again.all, names).allSatisfy { $0.name.isSameBytes(as: $1.name) && $0.value == $1.value }
    return isSame ? nil : "a form came back as another"
  }

  private static func wrong(trigger bytes: [UInt8]) -> String? {
    let body = WebhookBody(bytes)
    if case .object(let node) = body, node.kind != .object { return "no object" }
    for provider in ["github", "gitea", "gitlab", "bitbucket", "plain"] {
      for event in [nil, "push", "Push Hook", "repo:push", "ping"] {
        let request = WebhookRequest(provider: provider, event: event)
        switch WebhookTriage(request, body, for: projects) {
        case .pong: break
        case .ignore(let reason) where !reason.isClean: return "an unclean reason: \(reason.debugDescription)"
        // What is no JSON is told with the parser's own words, a wrong ref as far as it can be shown.
        case .invalid(let message) where !message.isClean:
          return "an unclean message: \(message.debugDescription)"
        case .ignore, .invalid: break
        case .deploy(let wishes):
          if let problem = wishes.lazy.compactMap({ wrong($0.request) }).first { return problem }
        }
      }
    }
    return nil
  }

  private static func wrong(_ wish: DeployRequest) -> String? {
    if let ref = wish.ref, let problem = RefName.problem(with: ref) {
      return "a ref is let through: \(problem)"
    }
    if let commit = wish.commit, !RefName.isCommit(commit) { return "a commit is let through: \(commit)" }
    for text in [wish.actor, wish.message, wish.author] where text?.isClean == false {
      return "an unclean text: \(text.debugDescription)"
    }
    return nil
  }
}
