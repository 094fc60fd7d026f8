import Access
import Crypto
import Linux
import Testing

@Suite struct JWTTests {
  static let key = "a-secret-of-at-least-thirty-two-bytes!"
  static let now = Timestamp(milliseconds: 1_800_000_000_000)

  static func verify(_ token: String, key: String = Self.key, at seconds: Int64 = 1_800_000_000) -> Result<
    JWT.Claims, JWTProblem
  > {
    JWT.verify(token, key: Array(key.utf8), now: Timestamp(milliseconds: seconds * 1000))
  }

  /// Signed properly, whatever it says.
  static func sign(_ payload: String, header: String = #"{"alg":"HS256"}"#, key: String = Self.key) -> String
  {
    let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
    let code = HMACSHA256.authenticate(key: Array(key.utf8), message: Array(signed.utf8))
    return signed + "." + Base64URL.encode(code)
  }

  private func subject(_ token: String) -> String? { try? Self.verify(token).get().subject }

  private func problem(_ token: String, at seconds: Int64 = 1_800_000_000) -> JWTProblem? {
    if case .failure(let problem) = Self.verify(token, at: seconds) { problem } else { nil }
  }

  // MARK: What is taken

  private static let alice =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    + ".eyJzdWIiOiJhbGljZSIsImV4cCI6MTgwMDAwMzYwMCwiaWF0IjoxODAwMDAwMDAwfQ"
    + ".Fu2o5aj8kEVkOFqacaMIbLUx1J16NtZDCy_EOKXKIxE"

  @Test func `tokens of PyJWT are taken`() throws {
    #expect(try Self.verify(Self.alice).get() == .init(subject: "alice", isAdmin: false))
    let admin =
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
      + ".eyJzdWIiOiJyb290Iiwicm9sZSI6ImFkbWluIiwiZXhwIjoxODAwMDAzNjAwLCJuYmYiOjE4MDAwMDAwMDB9"
      + ".ggAi7CbRbcSFS5yPEFif3ugJ7XF9Dx0pzolaM3CDpT8"
    #expect(try Self.verify(admin).get() == .init(subject: "root", isAdmin: true))
    let untyped =
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MTgwMDAwMzYwMH0"
      + ".nlgTI98bZWisovBkj3KpbH5Qdp0-glXdLJfOpIq_xS0"
    #expect(subject(untyped) == "alice")
  }

  @Test func `a fraction of a second, an umlaut and a kid that looks like a path are no trouble`() {
    let token =
      "eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2Rldi9udWxsIiwidHlwIjoiSldUIn0"
      + ".eyJzdWIiOiJab1x1MDBlYiIsImV4cCI6MTgwMDAwMzYwMC41fQ"
      + ".nMQKkO-a77SH0rj9BUnwAbrU7d-RJMm31Fe6T_5Z1hk"
    #expect(subject(token) == "Zoë")
  }

  @Test func `the example of RFC 7515 is signed well, and lacks a sub`() throws {
    let key = try #require(
      Base64URL.decode(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
    let token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
      + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    guard case .failure(let problem) = JWT.verify(token, key: key, now: Self.now) else {
      Issue.record("taken")
      return
    }
    #expect(!problem.isForged)
    #expect(problem.description.contains("sub"))
  }

  @Test func `what is issued is taken, until it expires`() throws {
    let key = Array(Self.key.utf8)
    let token = try JWT.issue(sub: "bob", isAdmin: true, ttl: .seconds(3600), key: key, now: Self.now)
    #expect(try Self.verify(token).get() == .init(subject: "bob", isAdmin: true))
    #expect(problem(token, at: 1_800_003_659) == nil)
    #expect(problem(token, at: 1_800_003_660)?.description == "The token has expired.")
    #expect(problem(token, at: 1_800_003_660)?.isForged == false)
  }

  @Test(arguments: ["", "a\nb", "\u{7f}", "\u{202e}evil", String(repeating: "é", count: 128)])
  func `no token is issued for a name that none may have`(name: String) {
    #expect(throws: JWTProblem.self) {
      try JWT.issue(sub: name, isAdmin: false, ttl: .seconds(60), key: [1], now: Self.now)
    }
  }

  @Test func `no token is issued that is over before it begins, or lasts longer than numbers do`() {
    for ttl in [Duration.zero, .seconds(-5), .milliseconds(900), .seconds(Int64.max)] {
      #expect(throws: JWTProblem.self) {
        try JWT.issue(sub: "a", isAdmin: false, ttl: ttl, key: [1], now: Self.now)
      }
    }
  }

  // MARK: Forgeries

  @Test(arguments: [
    #"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":""}"#, #"{"alg":"RS256"}"#, #"{"alg":"HS512"}"#,
    #"{"alg":"hs256"}"#, #"{"alg":"HS256 "}"#, #"{"alg":null}"#, #"{"alg":["HS256"]}"#, #"{"alg":256}"#, "{}",
    #"{"typ":"JWT"}"#, #"["HS256"]"#, #""HS256""#, "null", "", "{", #"{"alg":"HS256"} x"#,
    #"{"alg":"none","alg":"HS256"}"#, #"{"alg":"HS256","alg":"HS256"}"#,
    #"{"alg":"HS256","\u0061lg":"none"}"#,
    #"{"alg":"HS256","crit":["exp"]}"#, #"{"alg":"HS256","crit":[]}"#, #"{"alg":"HS256","typ":"JWE"}"#,
    #"{"alg":"HS256","typ":"at+jwt"}"#, #"{"alg":"HS256","typ":1}"#, #"{"alg":"HS256","typ":null}"#,
  ])
  func `a header that says anything but HS256 is refused, however it is signed`(header: String) {
    let token = Self.sign(#"{"sub":"a","exp":1800003600}"#, header: header)
    #expect(problem(token)?.isForged == true)
  }

  @Test func `a token without a signature is refused`() {
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6MTgwMDAwMzYwMH0."
    #expect(problem(none)?.isForged == true)
    #expect(problem(String(Self.alice.dropLast(43)))?.isForged == true)
  }

  @Test func `another algorithm with the same key is refused`() {
    let hs512 =
      "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MTgwMDAwMzYwMH0"
      + ".qJAtLo32vawuGMTH7R2KXmhCo5ruQzkB89lXR25mMk87du9tkau7E9dPWzSiWsR_PSme7s1u1WEbChyaKzJbBA"
    #expect(problem(hs512)?.description == "The token's alg is not HS256.")
  }

  @Test func `a key that the token brings along is not used`() {
    let jwk = Base64URL.encode(Array("mine".utf8))
    let header =
      #"{"alg":"HS256","jwk":{"kty":"oct","k":"\#(jwk)"},"jku":"https://evil","x5u":"https://evil"}"#
    #expect(
      problem(Self.sign(#"{"sub":"a","exp":1800003600}"#, header: header, key: "mine"))?.isForged == true)
  }

  @Test func `another key, and the empty one, are refused`() {
    #expect(problem(Self.sign(#"{"sub":"a","exp":1800003600}"#, key: "another"))?.isForged == true)
    let unsigned = Self.sign(#"{"sub":"a","exp":1800003600}"#, key: "")
    #expect(problem(unsigned)?.isForged == true)
    #expect((try? Self.verify(unsigned, key: "").get()) == nil)
  }

  @Test func `every single changed character is noticed`() throws {
    var bytes = Array(Self.alice.utf8)
    for index in bytes.indices {
      let old = bytes[index]
      bytes[index] = old == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(problem(String(decoding: bytes, as: UTF8.self))?.isForged == true, "at \(index)")
      bytes[index] = old
    }
  }

  @Test func `bits that stand for nothing may not be set`() {
    // The last digit of a signature of 32 bytes holds four bits: E and F would decode to the same.
    #expect(Self.alice.hasSuffix("E"))
    #expect(problem(Self.alice.dropLast() + "F")?.isForged == true)
  }

  @Test(arguments: [
    "", ".", "..", "...", "a.b", "a.b.c.d", alice + ".", "." + alice, alice + "=", alice + "\n", " " + alice,
    alice.replacing("-", with: "+"), alice.replacing("_", with: "/"), alice.replacing(".", with: "。"),
    alice.replacing("J9.", with: "J9.."), alice + "\0", "Bearer " + alice, "é.é.é",
  ])
  func `what is not three parts in base64url is refused`(token: String) {
    #expect(problem(token)?.isForged == true || token == Self.alice)
  }

  @Test func `a token of 8 KiB is looked at, and a longer one is not`() {
    func token(_ count: Int) -> String {
      Self.sign(#"{"sub":"a","exp":1800003600,"x":"\#(String(repeating: "x", count: count))"}"#)
    }
    #expect(subject(token(5900)) == "a")
    #expect(problem(token(6200))?.description == "The token is longer than 8192 bytes.")
    #expect(
      problem(String(repeating: "A", count: 10 << 20))?.description == "The token is longer than 8192 bytes.")
  }

  // MARK: Claims

  @Test(arguments: [
    #"{"exp":1800003600}"#, #"{"sub":"","exp":1800003600}"#, #"{"sub":1,"exp":1800003600}"#,
    #"{"sub":null,"exp":1800003600}"#, #"{"sub":["a"],"exp":1800003600}"#,
    #"{"sub":"a\nb","exp":1800003600}"#,
    #"{"sub":"a\u0000","exp":1800003600}"#, #"{"sub":"a\ud800","exp":1800003600}"#,
    #"{"sub":"a","sub":"b","exp":1800003600}"#, #"{"sub":"a"}"#, #"{"sub":"a","exp":null}"#,
    #"{"sub":"a","exp":"1800003600"}"#, #"{"sub":"a","exp":true}"#, #"{"sub":"a","exp":[1800003600]}"#,
    #"{"sub":"a","exp":1800003600,"exp":1900003600}"#, #"{"sub":"a","exp":0}"#, #"{"sub":"a","exp":-1}"#,
    #"{"sub":"a","exp":-1e308}"#, #"{"sub":"a","exp":1e400}"#, #"{"sub":"a","exp":-1e400}"#,
    #"{"sub":"a","exp":-9223372036854775809}"#, #"{"sub":"a","exp":1799999940}"#,
    #"{"sub":"a","exp":1799999939.9}"#, #"{"sub":"a","exp":1800003600,"nbf":1800000061}"#,
    #"{"sub":"a","exp":1800003600,"nbf":"now"}"#, #"{"sub":"a","exp":1800003600,"nbf":1e308}"#,
    #"{"sub":"a","exp":1800003600,"iat":1800000061}"#, #"{"sub":"a","exp":1800003600,"iat":null}"#,
    #"{"sub":"a","exp":1800003600,"role":"user"}"#, #"{"sub":"a","exp":1800003600,"role":"Admin"}"#,
    #"{"sub":"a","exp":1800003600,"role":""}"#, #"{"sub":"a","exp":1800003600,"role":null}"#,
    #"{"sub":"a","exp":1800003600,"role":true}"#, #"{"sub":"a","exp":1800003600,"role":["admin"]}"#,
    #"{"sub":"a","exp":1800003600,"role":"admin","role":"admin"}"#, "[]", "null", "", "{",
    #"{"sub":"a","exp":1800003600} "x""#, #"{"sub":"a","exp":1800003600,"x":[[[[[[[[[[]]]]]]]]]]}"#,
  ])
  func `claims that are not as they must be are refused`(payload: String) {
    #expect(problem(Self.sign(payload))?.isForged == false)
  }

  @Test(arguments: [
    #"{"sub":"a","exp":1799999941}"#, #"{"sub":"a","exp":1e300}"#, #"{"sub":"a","exp":18446744073709551616}"#,
    #"{"sub":"a","exp":9223372036854775807}"#, #"{"sub":"a","exp":18e8,"nbf":1800000060}"#,
    #"{"sub":"a","exp":1800003600,"nbf":-1e308,"iat":-5}"#, #"{"sub":"a","exp":1800003600,"iat":1800000060}"#,
    #"{"sub":"a","exp":1800003600.999,"aud":"x","iss":"y","jti":{"a":[1]}}"#,
    "\t{ \"sub\" : \"a\" ,\"exp\":2e9 }\n",
  ])
  func `clocks may differ by a minute, and numbers be of any size`(payload: String) {
    #expect(subject(Self.sign(payload)) == "a")
  }

  @Test func `a name has up to 255 bytes`() {
    for (count, isFine) in [(255, true), (256, false)] {
      let name = String(repeating: "n", count: count)
      #expect((subject(Self.sign(#"{"sub":"\#(name)","exp":1800003600}"#)) == name) == isFine)
    }
  }

  @Test func `nothing that is made of noise traps`() {
    var random = SystemRandomNumberGenerator()
    let pool = Array(#"{}[]":,.-_eE+0123456789\u"sub""exp""role""admin""null"#.utf8)
    for _ in 0..<3000 {
      let noise = (0..<Int.random(in: 0..<60)).compactMap { _ in pool.randomElement(using: &random) }
      let text = String(decoding: noise, as: UTF8.self)
      #expect(subject(Self.sign(text)) == nil)
      #expect(subject(Self.sign(text, header: text)) == nil)
      #expect(subject(text) == nil)
    }
  }
}
