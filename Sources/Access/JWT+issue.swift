import Crypto
import JSON
import Linux

extension JWT {
  /// Throws where `verify` would not take the token.
  package static func issue(
    sub: String, isAdmin: Bool, ttl: Duration, key: [UInt8], now: Timestamp = .now
  ) throws(JWTProblem) -> String {
    if let problem = problem(withSubject: sub) { throw .signed("The sub \(problem).") }
    guard !key.isEmpty else { throw .signed("No token can be signed: there is no key.") }
    let issued = now.milliseconds / 1000
    let (expiry, overflow) = issued.addingReportingOverflow(ttl.components.seconds)
    guard !overflow, expiry > issued else { throw .signed("A token must be valid for a second at least.") }
    var claims: [(String, JSONValue)] = [("sub", .string(sub)), ("iat", .int(issued)), ("exp", .int(expiry))]
    if isAdmin { claims.append(("role", "admin")) }
    let signed = encode(["alg": "HS256", "typ": "JWT"]) + "." + encode(.object(claims))
    let code = HMACSHA256.authenticate(key: key, message: Array(signed.utf8))
    return signed + "." + Base64URL.encode(code)
  }

  private static func encode(_ value: JSONValue) -> String { Base64URL.encode(value.bytes) }
}
