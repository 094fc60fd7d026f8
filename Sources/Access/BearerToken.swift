import Crypto
import HTTP

/// `Authorization: Bearer …`.
package enum BearerToken: Sendable, Equatable {
  /// No such header, or one of another scheme, which may be a proxy's business.
  case absent
  case claimed(String)
  /// Several headers: two readers could take different ones.
  case ambiguous

  package init(in headers: Headers) {
    let values = headers.values("Authorization")
    guard values.count < 2 else {
      self = .ambiguous
      return
    }
    let parts = (values.first ?? "").split(separator: " ", maxSplits: 1)
    guard let scheme = parts.first, scheme.lowercased() == "bearer" else {
      self = .absent
      return
    }
    self = .claimed(String(parts.dropFirst().first?.drop { $0 == " " } ?? ""))
  }

  /// Whether it is a token that both sides know.
  package static func matches(_ token: String, in headers: Headers) -> Bool {
    guard case .claimed(let claimed) = BearerToken(in: headers) else { return false }
    return constantTimeEqual(Array(claimed.utf8), Array(token.utf8))
  }
}
