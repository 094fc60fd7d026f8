import Access
import Crypto
import HTTP
import Testing

@Suite struct RequestSignatureTests {
  private static let key = Array("It's a Secret to Everybody".utf8)
  /// `printf 'GET /api/deployments/12' | openssl dgst -sha256 -hmac "It's a Secret to Everybody"`.
  private static let code = "4c37b0713ae1b478e818ca0c9fe286fe28dfc6bb5c4613dc33d87b9f601c6666"

  private static func head(_ target: String, _ signatures: [String], method: String = "GET") -> RequestHead? {
    var parser = RequestParser(bodyLimit: 0)
    let lines = ["\(method) \(target) HTTP/1.1", "Host: x"] + signatures.map { "X-Webhook-Signature: \($0)" }
    Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8).withUnsafeBytes { parser.feed($0) }
    if case .head(let head) = parser.next() { return head }
    return nil
  }

  private static func judge(
    _ target: String, _ signatures: String..., method: String = "GET", key: [UInt8] = key
  )
    throws -> RequestSignature
  {
    RequestSignature(of: try #require(head(target, signatures, method: method)), key: key)
  }

  private static func sign(_ text: String) -> String {
    "sha256=" + Hex.encode(HMACSHA256.authenticate(key: key, message: Array(text.utf8)))
  }

  @Test func `it is over the method and the target as they are sent`() throws {
    #expect(try Self.judge("/api/deployments/12", "sha256=" + Self.code) == .right)
    #expect(try Self.judge("/api/deployments/12", "sha256=" + Self.code.uppercased()) == .right)
    #expect(try Self.judge("http://h/api/deployments/12", "sha256=" + Self.code) == .right)
    #expect(try Self.judge("/a%2Fb?c=%20&d", Self.sign("GET /a%2Fb?c=%20&d")) == .right)
    #expect(try Self.judge("/a", Self.sign("HEAD /a"), method: "HEAD") == .right)
    #expect(try Self.judge("/a") == .absent)
  }

  @Test func `of another request, or in another form, it is wrong`() throws {
    for target in [
      "/api/deployments/1", "/api/deployments/12/log", "/api/deployments/12?a=b", "/api/deployments/12?",
    ] {
      #expect(try Self.judge(target, "sha256=" + Self.code) == .wrong, "\(target)")
    }
    #expect(try Self.judge("/api/deployments/12", "sha256=" + Self.code, method: "HEAD") == .wrong)
    #expect(try Self.judge("/api/deployments/12", "sha256=" + Self.code, key: [1]) == .wrong)
    for value in [
      "", "sha256=", Self.code, "sha256=\(Self.code)00", "sha256=\(Self.code.dropLast(2))",
      "sha1=\(Self.code)",
      "sha256=\(Self.code.dropLast())g", "SHA256=\(Self.code)", "sha256= \(Self.code)",
    ] {
      #expect(try Self.judge("/api/deployments/12", value) == .wrong, "\(value)")
    }
    let right = "sha256=" + Self.code
    #expect(try Self.judge("/api/deployments/12", right, right) == .wrong)
  }
}
