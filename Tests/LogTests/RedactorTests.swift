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
}
