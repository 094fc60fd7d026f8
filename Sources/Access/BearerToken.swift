import Crypto
import HTTP

/// `Authorization: Bearer …` with a token that both sides know.
package enum BearerToken {
  package static func matches(_ token: String, in headers: Headers) -> Bool {
    guard let header = headers["Authorization"] else { return false }
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
    return constantTimeEqual(Array(parts[1].drop { $0 == " " }.utf8), Array(token.utf8))
  }
}
