import Foundation

/// Tokens of the tests' own making, signed by openssl: good ones and all kinds of wrong ones.
struct Token {
  var header: [String: String] = ["alg": "HS256", "typ": "JWT"]
  var subject = "tester"
  var role: String? = "admin"
  var expires = Int(Date().timeIntervalSince1970) + 3600

  func signed(with secret: String, by webhook: Webhook) async throws -> String {
    let text = try unsigned
    let code = try await webhook.sign(Data(text.utf8), secret: secret)
    var bytes = Data()
    for index in stride(from: 0, to: code.count, by: 2) {
      guard let byte = UInt8(code.dropFirst(index).prefix(2), radix: 16) else {
        throw Failure("openssl said \(code)")
      }
      bytes.append(byte)
    }
    return text + "." + Self.encode(bytes)
  }

  /// Header and claims.
  var unsigned: String {
    get throws {
      var claims: [String: Any] = ["sub": subject, "exp": expires]
      claims["role"] = role
      return try [header, claims].map { Self.encode(try JSONSerialization.data(withJSONObject: $0)) }
        .joined(separator: ".")
    }
  }

  static func encode(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
