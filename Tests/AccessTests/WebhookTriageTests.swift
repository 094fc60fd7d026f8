import Access
import HTTP
import JSON
import Testing

@Suite struct WebhookTriageTests {
  private static let after = "1111111111111111111111111111111111111111"
  private let main = WebhookProject(repository: "git@github.com:acme/shop.git", branch: "main")
  private let copy = WebhookProject(
    slug: "copy", repository: "https://example.org/acme/shop", branch: "next")
  private let other = WebhookProject(
    slug: "other", repository: "https://github.com/acme/other", branch: "main")
  private let local = WebhookProject(slug: "local", repository: "/srv/repo", branch: "main")

  private func push(_ repository: String, _ branch: String) -> WebhookBody {
    let payload: JSONValue = [
      "ref": .string("refs/heads/\(branch)"), "after": .string(Self.after),
      "repository": ["full_name": .string(repository)],
    ]
    return WebhookBody(payload.bytes)
  }

  private func triage(_ body: WebhookBody, event: String? = "push", _ projects: [WebhookProject])
    -> WebhookTriage
  {
    let headers = Headers(event.map { [("X-GitHub-Event", $0)] } ?? [])
    return WebhookTriage(WebhookRequest(headers), body, for: projects)
  }

  private func deployed(_ triage: WebhookTriage) -> [String] {
    if case .deploy(let wishes) = triage { wishes.map(\.project) } else { [] }
  }

  @Test func `a push deploys every project of its repository and branch, and no other`() {
    let all = [main, copy, other, local]
    #expect(deployed(triage(push("acme/shop", "main"), all)) == ["main"])
    #expect(deployed(triage(push("acme/shop", "next"), all)) == ["copy"])
    #expect(deployed(triage(push("acme/other", "main"), all)) == ["other"])
    let twin = WebhookProject(slug: "twin", repository: "https://github.com/acme/shop", branch: "main")
    #expect(deployed(triage(push("acme/shop", "main"), all + [twin])) == ["main", "twin"])
  }

  @Test func `a repository that is not compared is meant only where no other is named`() {
    #expect(deployed(triage(push("who/ever", "main"), [other, local])) == ["local"])
    #expect(deployed(triage(push("acme/other", "main"), [local, other])) == ["other"])
  }

  @Test func `a push to nobody's repository is ignored in the words of the first`() {
    guard case .ignore(let reason) = triage(push("who/ever", "main"), [main, other]) else {
      Issue.record("not ignored")
      return
    }
    #expect(reason.contains("who/ever"))
  }

  @Test func `a trigger without an event means the first, or the one that it names`() {
    let named: JSONValue = ["project": "other", "ref": "v1"]
    #expect(deployed(triage(WebhookBody([]), event: nil, [main, other])) == ["main"])
    #expect(deployed(triage(WebhookBody(named.bytes), event: nil, [main, other])) == ["other"])
    for wrong: JSONValue in [["project": "none"], ["project": 7]] {
      #expect(
        triage(WebhookBody(wrong.bytes), event: nil, [main, other])
          == .invalid("project is not the name of one."))
    }
  }

  @Test func `a ping is a pong, whoever is there`() {
    #expect(triage(WebhookBody([]), event: "ping", [main, other]) == .pong)
  }
}
