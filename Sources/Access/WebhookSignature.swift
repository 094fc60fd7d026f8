import Crypto
import HTTP

/// Whether a trigger comes from someone who knows the secret. Looks at the raw body, before anything parses it.
package enum WebhookSignature {
  package enum Verdict: Equatable, Sendable {
    case accepted
    case refused(String)
  }

  /// Without a secret only the machine itself may trigger.
  package static func verify(_ headers: Headers, body: [UInt8], secret: String?, isLoopback: Bool) -> Verdict
  {
    guard let secret, !secret.isEmpty else {
      return isLoopback
        ? .accepted
        : .refused("WEBHOOK_SECRET is not set, so triggers are taken from this machine alone.")
    }
    let key = Array(secret.utf8)
    let token = headers["X-Gitlab-Token"]
    if let token, constantTimeEqual(Array(token.utf8), key) { return .accepted }
    let claimed = claimedCodes(headers)
    if claimed.isEmpty {
      return .refused(
        token == nil
          ? "The request carries no signature. Sign it with WEBHOOK_SECRET."
          : "The token in X-Gitlab-Token is not WEBHOOK_SECRET.")
    }
    let code = HMACSHA256.authenticate(key: key, message: body)
    return claimed.contains { constantTimeEqual($0, code) }
      ? .accepted : .refused("The signature does not match the body and WEBHOOK_SECRET.")
  }

  private static func claimedCodes(_ headers: Headers) -> [[UInt8]] {
    let prefixed = ["X-Hub-Signature-256", "X-Hub-Signature", "X-Webhook-Signature"]
    let plain = ["X-Gitea-Signature", "X-Gogs-Signature", "X-Webhook-Signature"]
    // GitHub still sends sha1= in X-Hub-Signature: not looked at.
    let afterPrefix = prefixed.compactMap { name in
      headers[name].flatMap { $0.hasPrefix("sha256=") ? Hex.decode(String($0.utf8.dropFirst(7)) ?? "") : nil }
    }
    return afterPrefix + plain.compactMap { name in headers[name].flatMap(Hex.decode) }
  }
}
