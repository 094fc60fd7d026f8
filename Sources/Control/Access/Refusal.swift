import Access
import HTTP
import Linux
import Server

/// The answer to somebody who may not.
package struct Refusal: Error, Sendable {
  package let response: Response

  package init(_ response: Response) { self.response = response }

  /// Nobody has been proven.
  static func unknown(_ message: String) -> Refusal {
    var response = Response.error(401, message)
    response.headers.append(("WWW-Authenticate", "Bearer"))
    return Refusal(response)
  }
}

extension AttemptLimiter {
  /// For an address that has failed too often: instead of any other refusal, and with a password before it is even
  /// looked at.
  package func refusal(to peer: Peer) -> Refusal? {
    guard let wait = wait(for: peer.address) else { return nil }
    let seconds = wait.components.seconds + 1
    var response = Response.error(
      429, "Too many failed attempts from \(peer.address): try again in \(seconds) s.")
    response.headers.append(("Retry-After", String(seconds)))
    return Refusal(response)
  }
}
