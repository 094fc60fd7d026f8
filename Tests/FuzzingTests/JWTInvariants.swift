import Crypto
import JSON
import Linux

@testable import Access

enum JWTInvariants {
  private static let key = Array("0123456789abcdef0123456789abcdef".utf8)
  private static let now = Timestamp(milliseconds: 1_700_000_000_000)
  private static let good =
    (try? JWT.issue(sub: "ada", isAdmin: true, ttl: .seconds(3600), key: key, now: now)) ?? ""
  private static let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
  private static let claims = Base64URL.encode(Array(#"{"sub":"ada","exp":1700003600}"#.utf8))

  static func violation(_ bytes: [UInt8]) -> String? {
    guard isTaken(good) else { return "a good token is not taken" }
    let text = String(decoding: bytes, as: UTF8.self)
    if isTaken(text), text != good { return "a text that nobody signed is taken" }
    return mutated(bytes) ?? signed(Base64URL.encode(bytes), claims, ofHeader: bytes)
      ?? signed(header, Base64URL.encode(bytes), ofHeader: nil) ?? encoded(text)
  }

  private static func isTaken(_ token: String) -> Bool {
    if case .success = JWT.verify(token, key: key, now: now) { true } else { false }
  }

  /// Each byte says where the good one is changed, and how.
  private static func mutated(_ bytes: [UInt8]) -> String? {
    var token = Array(good.utf8)
    for (index, byte) in bytes.prefix(6).enumerated() where !token.isEmpty {
      let place = (Int(byte) &* 31 &+ index) % token.count
      switch byte % 4 {
      case 0: token[place] = bytes.last ?? 0
      case 1: token.insert(byte, at: place)
      case 2: token.remove(at: place)
      default: token.swapAt(place, (place + Int(byte)) % token.count)
      }
    }
    let text = String(decoding: token, as: UTF8.self)
    return text != good && isTaken(text) ? "a changed token is taken: \(text)" : nil
  }

  /// Somebody who has the key may still have written nonsense.
  private static func signed(_ header: String, _ payload: String, ofHeader: [UInt8]?) -> String? {
    let text = header + "." + payload
    let token = text + "." + Base64URL.encode(HMACSHA256.authenticate(key: key, message: Array(text.utf8)))
    guard case .success(let claims) = JWT.verify(token, key: key, now: now) else { return nil }
    if let ofHeader {
      let root = try? JSONDocument(bytes: ofHeader).root
      return root?["alg"]?.string == "HS256" ? nil : "another algorithm is taken"
    }
    let again = try? JWT.issue(
      sub: claims.subject, isAdmin: claims.isAdmin, ttl: .seconds(60), key: key, now: now)
    guard let again, case .success(let same) = JWT.verify(again, key: key, now: now), same == claims else {
      return "a subject that no token can be issued for"
    }
    return nil
  }

  private static func encoded(_ text: String) -> String? {
    if let bytes = Base64URL.decode(text), Base64URL.encode(bytes) != text { return "one value, two texts" }
    if let bytes = Base64.decode(text), Base64.decode(Base64.encode(bytes)) != bytes { return "base64" }
    if let bytes = Hex.decode(text), Hex.encode(bytes) != text.lowercased() { return "hex" }
    let bytes = Array(text.utf8)
    return Base64.decode(Base64.encode(bytes)) == bytes && Base64URL.decode(Base64URL.encode(bytes)) == bytes
      && Hex.decode(Hex.encode(bytes)) == bytes ? nil : "bytes came back as others"
  }
}
