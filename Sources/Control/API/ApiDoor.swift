import Access
import HTTP
import JSON
import Linux
import Server

/// Where the routes answer, and how it is known there who asks.
package enum ApiDoor {
  /// `changes`: whether the request does something, so that no other site's page may have sent it.
  /// `takesSignature`: whether WEBHOOK_SECRET will do.
  package typealias Identify =
    @MainLoop (
      RequestHead, Peer, _ changes: Bool, _ takesSignature: Bool
    ) -> Result<Caller, Refusal>
  package typealias IssueToken = @MainLoop (TokenWish) throws(ControlFailure) -> String

  /// The control port: a token or a session, for some routes a signature.
  case port(identify: Identify)
  /// The command socket: whoever can open it may do everything.
  case socket(issueToken: IssueToken)

  var isSocket: Bool { if case .socket = self { true } else { false } }

  @MainLoop func identify(
    _ head: RequestHead, _ peer: Peer, changes: Bool, takesSignature: Bool
  ) -> Result<Caller, Refusal> {
    switch self {
    case .port(let identify): return identify(head, peer, changes, takesSignature)
    case .socket:
      let names = head.headers.values(Self.actorHeader)
      guard let name = names.first else { return .success(Caller(name: "somebody", isAdmin: true)) }
      // A header has no place for every letter that a name may have, so it comes percent-encoded.
      guard names.count == 1, let bytes = Percent.decode(name.utf8), 1...255 ~= bytes.count,
        let name = String(validating: bytes, as: UTF8.self), name.isOneLine
      else {
        return .failure(
          Refusal(
            .error(400, "\(Self.actorHeader) is not one printable name of up to 255 bytes, percent-encoded")))
      }
      return .success(Caller(name: name, isAdmin: true))
    }
  }

  static let actorHeader = "X-Bascule-Actor"
}

/// A token that somebody at the socket asks for.
package struct TokenWish: Sendable, Equatable {
  package let subject: String
  package let isAdmin: Bool
  /// nil: as long as the issuer sees fit.
  package let seconds: Int64?
}
