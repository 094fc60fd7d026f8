import Access
import Crypto
import HTTP
import Testing

@Suite struct WebhookSignatureTests {
  private static let body = Array(#"{"ref":"refs/heads/main"}"#.utf8)
  private static let secret = "It's a Secret to Everybody"
  private static let code = Hex.encode(HMACSHA256.authenticate(key: Array(secret.utf8), message: body))

  static let accepted: [[(String, String)]] = [
    [("X-Hub-Signature-256", "sha256=\(code)")],
    [("x-hub-signature-256", "sha256=\(code.uppercased())")],
    [("X-Gitea-Signature", code)],
    [("X-Gogs-Signature", code)],
    [("X-Gitlab-Token", secret)],
    [("X-Hub-Signature", "sha256=\(code)")],
    [("X-Webhook-Signature", "sha256=\(code)")],
    [("X-Webhook-Signature", code)],
    [
      ("X-Hub-Signature", "sha1=0123456789012345678901234567890123456789"),
      ("X-Hub-Signature-256", "sha256=\(code)"),
    ],
    [("X-Gitea-Signature", "00"), ("X-Webhook-Signature", code)],
  ]

  @Test(arguments: accepted.indices) func `any one header that verifies is enough`(index: Int) {
    #expect(verdict(Self.accepted[index]) == .accepted)
  }

  static let refused: [[(String, String)]] = [
    [],
    [("X-Hub-Signature-256", code)],
    [("X-Hub-Signature-256", "sha256=")],
    [("X-Hub-Signature-256", "sha256=\(code.dropLast(2))")],
    [("X-Hub-Signature-256", "sha256=\(code)00")],
    [("X-Hub-Signature-256", "sha256=\(code.dropLast())g")],
    [("X-Hub-Signature-256", "sha256=\(String(code.reversed()))")],
    [("X-Hub-Signature-256", "sha256=\(code)"), ("X-Hub-Signature-256", "sha256=\(code)")],
    [("X-Hub-Signature", "sha1=\(code)")],
    [("X-Hub-Signature", code)],
    [("X-Gitea-Signature", "sha256=\(code)")],
    [("X-Gitlab-Token", code)],
    [("X-Gitlab-Token", "")],
    [("X-Gitlab-Token", secret + " ")],
    [("X-Webhook-Signature", "")],
    [("Authorization", "Bearer \(secret)")],
  ]

  @Test(arguments: refused.indices) func `what does not verify is refused, from loopback too`(index: Int) {
    guard case .refused = verdict(Self.refused[index], isLoopback: true) else {
      Issue.record("\(Self.refused[index]) was accepted")
      return
    }
  }

  @Test func `a changed body is refused`() {
    let headers = Headers([("X-Hub-Signature-256", "sha256=\(Self.code)")])
    let verdict = WebhookSignature.verify(
      headers, body: Self.body + [0x20], secret: Self.secret, isLoopback: true)
    #expect(verdict != .accepted)
  }

  @Test(arguments: [nil, ""]) func `without a secret only this machine may trigger`(secret: String?) {
    let signed = Headers([("X-Gitlab-Token", "")])
    #expect(WebhookSignature.verify(Headers(), body: [], secret: secret, isLoopback: true) == .accepted)
    #expect(WebhookSignature.verify(Headers(), body: [], secret: secret, isLoopback: false) != .accepted)
    #expect(WebhookSignature.verify(signed, body: [], secret: secret, isLoopback: false) != .accepted)
  }

  private func verdict(_ headers: [(String, String)], isLoopback: Bool = false) -> WebhookSignature.Verdict {
    WebhookSignature.verify(
      Headers(headers.map { (name: $0.0, value: $0.1) }), body: Self.body, secret: Self.secret,
      isLoopback: isLoopback)
  }
}
