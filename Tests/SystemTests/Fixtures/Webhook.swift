import Foundation

/// What a forge sends.
struct Webhook: Sendable {
  static let secret = "a secret of the tests"

  let port: Int
  let workspace: Workspace

  struct Push {
    var repository = "acme/app"
    var ref = "refs/heads/main"
    var after: String
    var before = String(repeating: "0", count: 40)
    var deleted = false
    var forced = false
    var messages = ["A change"]

    var body: Data {
      get throws {
        let commits = messages.map { ["id": after, "message": $0] }
        let fields: [String: Any] = [
          "ref": ref, "before": before, "after": after, "deleted": deleted, "forced": forced,
          "created": false, "commits": commits, "head_commit": commits.last ?? NSNull(),
          "pusher": ["name": "ada", "email": "ada@example.org"],
          "repository": ["full_name": repository, "clone_url": "https://github.com/\(repository).git"],
        ]
        return try JSONSerialization.data(withJSONObject: fields)
      }
    }
  }

  func push(_ push: Push, delivery: String = UUID().uuidString) async throws -> Answer {
    try await post(push.body, event: "push", delivery: delivery)
  }

  /// Somebody's own trigger, without an event.
  func send(_ fields: [String: Any]) async throws -> Answer {
    try await post(JSONSerialization.data(withJSONObject: fields))
  }

  /// `headers` come last and win.
  func post(
    _ body: Data, event: String? = nil, delivery: String? = nil, signed: Bool = true,
    path: String = "/deploy", headers: [String: String] = [:]
  ) async throws -> Answer {
    var all = ["Content-Type": "application/json"]
    if let event { all["X-GitHub-Event"] = event }
    if let delivery { all["X-GitHub-Delivery"] = delivery }
    if signed { all["X-Hub-Signature-256"] = try await "sha256=" + sign(body) }
    return try await request("POST", path, port: port, headers: all.merging(headers) { $1 }, body: body)
  }

  /// By openssl, so that the verifier's own arithmetic is no witness for itself.
  func sign(_ body: Data, secret: String = secret) async throws -> String {
    let file = workspace.fresh("files")
    try body.write(to: URL(filePath: file))
    let openssl = try Toolbox.find("openssl", package: "openssl")
    let answer = try await workspace.run(
      [openssl, "dgst", "-sha256", "-mac", "HMAC", "-macopt", "key:\(secret)", "-r", file])
    return String(answer.prefix(64))
  }
}
