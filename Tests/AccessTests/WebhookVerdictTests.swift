import Access
import HTTP
import JSON
import Testing

@Suite struct WebhookVerdictTests {
  private static let after = "1111111111111111111111111111111111111111"
  private static let before = "2222222222222222222222222222222222222222"
  private static let zeros = String(repeating: "0", count: 40)

  static let github: JSONValue = [
    "ref": "refs/heads/main", "before": .string(before), "after": .string(after), "forced": true,
    "repository": ["full_name": "acme/shop", "clone_url": "https://github.com/acme/shop.git"],
    "pusher": ["name": "ann"],
    "head_commit": ["id": .string(after), "message": "Fix cart\n\nMore", "author": ["name": "Bob"]],
    "commits": [["id": .string(after), "message": "Fix cart\n\nMore"]],
  ]

  @Test func `a push of GitHub's to the branch deploys its commit`() {
    let verdict = judge(["X-GitHub-Event": "push", "X-GitHub-Delivery": "d1"], Self.github)
    var expected = DeployRequest()
    expected.ref = "main"
    expected.commit = Self.after
    expected.before = Self.before
    expected.isForced = true
    expected.actor = "ann"
    expected.message = "Fix cart"
    expected.author = "Bob"
    expected.delivery = "d1"
    #expect(verdict == .deploy(expected))
  }

  @Test(arguments: ["X-Gitea", "X-Forgejo", "X-Gogs"])
  func `Gitea and its kin also send GitHub's headers, and are told apart`(name: String) {
    let headers = Headers([
      ("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "wrong"), ("\(name)-Event", "push"),
      ("\(name)-Delivery", "right"),
    ])
    #expect(WebhookRequest(headers).delivery == "right")
    #expect(WebhookRequest(headers).event == .push)
  }

  @Test func `a push of GitLab's deploys its commit`() throws {
    let payload: JSONValue = [
      "object_kind": "push", "ref": "refs/heads/main", "before": .string(Self.zeros),
      "after": .string(Self.after),
      "checkout_sha": .string(Self.after), "user_username": "ann", "total_commits_count": 1,
      "project": ["path_with_namespace": "Acme/Shop", "git_ssh_url": "git@gitlab.com:acme/shop.git"],
      "commits": [["id": .string(Self.after), "message": "Fix", "author": ["name": "Bob"]]],
    ]
    let headers = [
      "X-Gitlab-Event": "Push Hook", "X-Gitlab-Event-UUID": "event", "Idempotency-Key": "key",
    ]
    let deploy = try #require(judge(headers, payload).deployment)
    #expect(deploy.commit == Self.after)
    #expect(deploy.before == nil)
    #expect(deploy.delivery == "key")
    #expect([deploy.actor, deploy.message, deploy.author] == ["ann", "Fix", "Bob"])
  }

  @Test func `a push of Bitbucket's deploys the change of the branch, wherever it is in the list`() throws {
    func change(_ name: String, _ hash: String) -> JSONValue {
      [
        "new": [
          "type": "branch", "name": .string(name),
          "target": ["hash": .string(hash), "message": "Fix\n", "author": ["raw": "Bob <b@x>"]],
        ],
        "old": .null, "forced": false, "truncated": false, "commits": [["message": "Fix\n"]],
      ]
    }
    let payload: JSONValue = [
      "push": ["changes": [change("dev", Self.before), change("main", Self.after)]],
      "repository": ["full_name": "acme/shop"], "actor": ["nickname": "ann"],
    ]
    let headers = ["X-Event-Key": "repo:push", "X-Request-UUID": "d2"]
    let deploy = try #require(judge(headers, payload).deployment)
    #expect(deploy.commit == Self.after)
    #expect([deploy.delivery, deploy.actor, deploy.author] == ["d2", "ann", "Bob <b@x>"])
  }

  @Test func `a ping is answered, whatever it carries`() {
    #expect(judge(["X-GitHub-Event": "ping"], ["zen": "…"]) == .pong)
    #expect(judge(["X-GitHub-Event": "ping"], body: []) == .pong)
  }

  @Test(
    arguments: [
      ("push to branch dev; this project deploys main", ["ref": "refs/heads/dev"]),
      ("branch dev was deleted", ["ref": "refs/heads/dev", "after": .string(zeros)]),
      ("push of tag v1; this project deploys branch main", ["ref": "refs/tags/v1"]),
      ("branch main was deleted", ["after": .string(zeros)]),
      ("branch main was deleted", ["deleted": true]),
      ("push to acme/other; this project deploys acme/shop", ["repository": ["full_name": "acme/other"]]),
      ("push to an unnamed repository; this project deploys acme/shop", ["repository": 7]),
      (
        "every commit of the push says to skip it",
        ["commits": [["message": "One [skip ci]"], ["message": "Two\n\n[DEPLOY SKIP]"]]]
      ),
      (
        "every commit of the push says to skip it",
        ["commits": [], "head_commit": ["message": "[[no ci]"]]
      ),
    ] as [(String, [String: JSONValue])])
  func `what is not for this project is ignored with the reason`(reason: String, changes: [String: JSONValue])
  {
    #expect(judge(["X-GitHub-Event": "push"], changed(changes)) == .ignore(reason))
  }

  @Test(
    arguments: [
      ["commits": [["message": "One [skip ci]"], ["message": "Two"]]],
      ["commits": [["message": "One [skip ci]"]], "total_commits": 2],
      ["commits": [["message": "One [skip ci]"], ["message": 7]]],
      ["commits": [["message": "One [skip the ci]"]]],
      ["repository": ["full_name": "mirror/x", "ssh_url": "git@example.org:acme/SHOP.git"]],
    ] as [[String: JSONValue]])
  func `what may be meant for this project is deployed`(changes: [String: JSONValue]) {
    #expect(judge(["X-GitHub-Event": "push"], changed(changes)).deployment != nil)
  }

  @Test func `another event is ignored by its name`() {
    #expect(judge(["X-GitHub-Event": "issues"], [:]) == .ignore("event issues is not a push"))
  }

  @Test func `a local repository is not compared`() {
    let project = WebhookProject(repository: "/srv/git/shop.git", branch: "main")
    let request = WebhookRequest(Headers([("X-GitHub-Event", "push")]))
    #expect(WebhookVerdict(request, WebhookBody(Self.github.bytes), for: project).deployment != nil)
  }

  @Test func `a trigger without an event deploys the tip`() {
    #expect(judge([:], body: []) == .deploy(DeployRequest()))
    #expect(judge([:], body: Array(" \r\n".utf8)) == .deploy(DeployRequest()))
    #expect(judge([:], [:]) == .deploy(DeployRequest()))
    #expect(judge([:], ["ref": .null]) == .deploy(DeployRequest()))
  }

  @Test func `a trigger without an event may say what and how`() {
    var expected = DeployRequest()
    expected.ref = "feature/x"
    expected.mode = "full"
    expected.isForced = true
    #expect(judge([:], ["ref": "feature/x", "mode": "full", "force": true]) == .deploy(expected))
  }

  @Test(
    arguments: [
      ["ref": 7], ["ref": "--upload-pack=x"], ["ref": ""], ["mode": []], ["force": "yes"], ["force": 1],
    ] as [JSONValue])
  func `a trigger that says it wrongly is invalid`(body: JSONValue) {
    #expect(judge([:], body).isInvalid)
  }

  @Test(arguments: [
    "[]", "null", "7", "\"x\"", "{", "{\"a\":}", "ref=main", "payload=", "payload=[]", "payload=%", "\u{0}",
  ])
  func `a body that is neither nothing, an object nor such a form is invalid`(text: String) {
    for headers in [[:], ["X-GitHub-Event": "push"], ["X-GitHub-Event": "ping"]] {
      #expect(judge(headers, body: Array(text.utf8)).isInvalid)
    }
  }

  @Test func `a form with the payload is as good as JSON`() {
    let form = "payload=" + Percent.encode(Self.github.text)
    #expect(
      judge(["X-GitHub-Event": "push"], body: Array(form.utf8))
        == judge(["X-GitHub-Event": "push"], Self.github))
  }

  @Test(arguments: ["X-GitHub-Event", "X-Gitea-Event", "X-Gitlab-Event", "X-Event-Key"])
  func `a push that is none is invalid or ignored, never a deployment`(header: String) {
    let names = ["X-Gitlab-Event": "Push Hook", "X-Event-Key": "repo:push"]
    let odd: [JSONValue] = [.null, 7, "x", [], [:], [7], ["x": [[]]], true]
    for key in ["ref", "after", "before", "repository", "project", "push", "commits", "head_commit"] {
      for value in odd {
        var fields: [String: JSONValue] = ["ref": "refs/heads/main"]
        fields[key] = value
        #expect(
          judge([header: names[header] ?? "push"], .object(fields.map { ($0, $1) })).deployment == nil,
          "\(key): \(value)")
      }
    }
    for value in odd {
      let payload: JSONValue = ["push": ["changes": [["new": value, "old": value], value]]]
      #expect(judge([header: names[header] ?? "push"], payload).deployment == nil)
    }
  }

  @Test(arguments: ["abc", "zzz", String(repeating: "1", count: 41), "-x"])
  func `a commit that is no full hash is invalid`(hash: String) {
    #expect(judge(["X-GitHub-Event": "push"], changed(["after": .string(hash)])).isInvalid)
  }

  @Test func `what strangers wrote comes out as one clean line`() throws {
    let payload = changed(["pusher": ["name": "ann\u{1b}[31m\r\nroot"]])
    let deploy = try #require(judge(["X-GitHub-Event": "push"], payload).deployment)
    #expect(deploy.actor == "ann [31m")
  }

  private func changed(_ changes: [String: JSONValue]) -> JSONValue {
    guard case .object(let members) = Self.github else { return .null }
    return .object(members.filter { changes[$0.0] == nil } + changes.map { ($0, $1) })
  }

  private func judge(_ headers: [String: String], _ body: JSONValue) -> WebhookVerdict {
    judge(headers, body: body.bytes)
  }

  private func judge(_ headers: [String: String], body: [UInt8]) -> WebhookVerdict {
    WebhookVerdict(
      WebhookRequest(Headers(headers.map { (name: $0.key, value: $0.value) })), WebhookBody(body),
      for: WebhookProject(repository: "git@github.com:acme/shop.git", branch: "main"))
  }
}

extension WebhookVerdict {
  fileprivate var deployment: DeployRequest? { if case .deploy(let request) = self { request } else { nil } }
  fileprivate var isInvalid: Bool { if case .invalid = self { true } else { false } }
}
