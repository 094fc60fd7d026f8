import Crypto
import Log
import Testing

@Suite struct RedactorTests {
  @Test(arguments: [
    ("nothing to see", "nothing to see"), ("the hunter2 of it", "the *** of it"),
    ("hunter2hunter2", "******"),
    ("hunter", "hunter"), ("before swordfish-of-steel after", "before *** after"), ("swordfish", "***"),
    ("swordfish-of-steal", "***-of-steal"), ("schlüssel", "***"), ("abc", "abc"), ("", ""),
  ])
  func `secrets are masked, the longest first`(text: String, masked: String) {
    let redactor = Redactor(["swordfish", "hunter2", "swordfish-of-steel", "schlüssel", "abc", ""])
    #expect(redactor.mask(text) == masked)
  }

  @Test(arguments: [
    ("fetching https://user:secret@host/path", "fetching https://user:***@host/path"),
    ("https://x:p@ss@host/", "https://x:***@host/"), ("ssh://git@host/path", "ssh://git@host/path"),
    ("https://:secret@host", "https://:***@host"),
    ("postgres://a:b@c then redis://:d@e", "postgres://a:***@c then redis://:***@e"),
    ("'https://u:p@host'", "'https://u:***@host'"), ("http://host:3000/@path", "http://host:3000/@path"),
    ("http://host:3000 me@host", "http://host:3000 me@host"), ("git@host:owner/name", "git@host:owner/name"),
    ("https://ghp_token@github.com/a/b", "https://***@github.com/a/b"), ("https://@host", "https://@host"),
    ("://", "://"), ("a://:@", "a://:@"), ("x://a:b@", "x://a:***@"),
  ])
  func `passwords in URLs are masked, without being known`(text: String, masked: String) {
    #expect(Redactor([]).mask(text) == masked)
    #expect(Redactor(["unrelated"]).mask(text) == masked)
  }

  @Test func `bytes are masked as text is, and clean ones are passed on as they are`() {
    let redactor = Redactor(["swordfish"])
    func masked(_ text: String) -> (String, isSame: Bool) {
      Array(text.utf8).withUnsafeBytes { bytes in
        redactor.mask(bytes) { (String(decoding: $0, as: UTF8.self), $0.baseAddress == bytes.baseAddress) }
      }
    }
    #expect(masked("the swordfish of https://a:b@c") == ("the *** of https://a:***@c", false))
    for text in ["", "s", "sw", "swordfis", "ordfish", "https://host/path", "a swordfisx"] {
      #expect(masked(text) == (text, true))
    }
    for start in 0..<20 {
      let before = String(repeating: "s", count: start)
      #expect(masked(before + "swordfish").0 == before + "***")
    }
  }

  @Test func `a secret is known in base64, wherever in a text it was encoded`() {
    let secret = "hunter2-hunter2?>"
    let redactor = Redactor([secret])
    for before in ["", "u", "us", "use", "user:", "name:pass"] {
      for after in ["", "x", "xy", "xyz"] {
        let encoded = Base64.encode(Array((before + secret + after).utf8))
        for text in [encoded, encoded.replacing("+", with: "-").replacing("/", with: "_")] {
          let masked = redactor.mask("Basic \(text)")
          #expect(masked.contains("***"), "\(before)|\(after)")
          // What is left of it at its edges does not give it away.
          #expect(masked.utf8.count < 6 + text.utf8.count - secret.utf8.count)
        }
      }
    }
  }

  @Test func `a secret that a program printed as JSON is known too`() {
    let redactor = Redactor(["with \"quotes\"\n"])
    #expect(redactor.mask(#"{"key":"with \"quotes\"\n"}"#) == #"{"key":"***"}"#)
  }
}
