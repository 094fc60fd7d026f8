import Crypto
import HTTP

/// `X-Webhook-Signature: sha256=…` over `GET /path?query`, the method and the target as they are sent: for those who
/// may trigger and want to know what became of it. As the body of a trigger the same text is refused, so that who
/// overhears one signature gets nothing by it but what it was made for.
package enum RequestSignature: Sendable, Equatable {
  case absent
  case right
  case wrong

  package init(of head: RequestHead, key: [UInt8]) {
    let values = head.headers.values("X-Webhook-Signature")
    guard let value = values.first else {
      self = .absent
      return
    }
    let prefix = "sha256="
    let target = head.rawQuery.map { "\(head.path)?\($0)" } ?? head.path
    let code = HMACSHA256.authenticate(key: key, message: Array("\(head.method) \(target)".utf8))
    // Of several, two readers could take different ones.
    guard values.count == 1, value.hasPrefix(prefix),
      let claimed = Hex.decode(String(value.dropFirst(prefix.count)))
    else {
      self = .wrong
      return
    }
    self = constantTimeEqual(claimed, code) ? .right : .wrong
  }
}
