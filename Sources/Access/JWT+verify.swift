import Crypto
import JSON
import Linux

extension JWT {
  package static func verify(_ token: String, key: [UInt8], now: Timestamp = .now) -> Result<
    Claims, JWTProblem
  > {
    do throws(JWTProblem) {
      return .success(try claims(of: token, key: key, now: now))
    } catch {
      return .failure(error)
    }
  }

  private static func claims(of token: String, key: [UInt8], now: Timestamp) throws(JWTProblem) -> Claims {
    guard token.utf8.count <= limit else { throw .forged("The token is longer than \(limit) bytes.") }
    let parts = token.utf8.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
      .map { Substring($0) }
    guard parts.count == 3, let header = Base64URL.decode(parts[0]),
      let payload = Base64URL.decode(parts[1]), let signature = Base64URL.decode(parts[2])
    else { throw .forged("The token is not three parts in base64url, with points between them.") }
    try check(header: header)
    // An empty key would let anybody sign.
    guard !key.isEmpty else { throw .forged("No token can be checked: there is no key.") }
    let signed = parts[0].utf8.count + 1 + parts[1].utf8.count
    let code = HMACSHA256.authenticate(key: key, message: Array(token.utf8.prefix(signed)))
    guard constantTimeEqual(signature, code) else {
      throw .forged("The token's signature does not match JWT_SECRET.")
    }
    return try claims(in: payload, now: Double(now.milliseconds) / 1000)
  }

  private static func check(header: [UInt8]) throws(JWTProblem) {
    guard let members = members(of: header) else {
      throw .forged("The token's header is not a JSON object with each member once.")
    }
    // Said by us, not by the token: this is only whether it means the same.
    guard members["alg"]?.string == "HS256" else { throw .forged("The token's alg is not HS256.") }
    guard members["crit"] == nil else {
      throw .forged("The token's header has crit, and nothing that it could ask for is understood here.")
    }
    if let type = members["typ"] {
      guard let name = type.string, ["JWT", "jwt"].contains(name) else {
        throw .forged("The token's typ is not JWT.")
      }
    }
  }

  private static func claims(in payload: [UInt8], now: Double) throws(JWTProblem) -> Claims {
    guard let members = members(of: payload) else {
      throw .signed("The token's payload is not a JSON object with each member once.")
    }
    guard let subject = members["sub"]?.string else {
      throw .signed("The token has no sub that is a string.")
    }
    if let problem = problem(withSubject: subject) { throw .signed("The token's sub \(problem).") }
    guard let expiry = try time("exp", members) else { throw .signed("The token has no exp.") }
    guard now < expiry + skew else { throw .signed("The token has expired.") }
    if let start = try time("nbf", members), now + skew < start {
      throw .signed("The token is not valid yet, by its nbf.")
    }
    if let issue = try time("iat", members), now + skew < issue {
      throw .signed("The token was issued in the future, by its iat.")
    }
    let role = members["role"]
    guard role == nil || role?.string == "admin" else {
      throw .signed("The token's role is not admin; leave it out for anybody else.")
    }
    return Claims(subject: subject, isAdmin: role != nil)
  }

  /// In seconds since 1970. A number too large for a Double is infinite, and refused.
  private static func time(_ name: String, _ members: [String: JSONNode]) throws(JWTProblem) -> Double? {
    guard let node = members[name] else { return nil }
    guard let seconds = node.double, seconds.isFinite else {
      throw .signed("The token's \(name) is not a number of seconds.")
    }
    return seconds
  }

  /// nil also where a name is there twice: two readers could take different ones.
  private static func members(of bytes: [UInt8]) -> [String: JSONNode]? {
    guard let root = try? JSONDocument(bytes: bytes, maximumDepth: 8).root, root.kind == .object else {
      return nil
    }
    let members = root.members
    let byName = Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    return byName.count == members.count ? byName : nil
  }
}
