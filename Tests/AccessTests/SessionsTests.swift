import HTTP
import Linux
import TestSupport
import Testing

@testable import Access

@Suite(.timeLimit(.minutes(5))) struct SessionsTests {
  private let clock: Clock
  private let sessions: Sessions

  init() async {
    MainLoopThread.start()
    let clock = Clock()
    self.clock = clock
    sessions = await Sessions { clock.now }
  }

  @MainLoop @Test func `an id is 256 bits in characters that a cookie may have, and never the same`() {
    let ids = (0..<50).map { _ in sessions.begin() }
    #expect(Set(ids).count == 50)
    #expect(
      ids.allSatisfy {
        $0.utf8.count == 43 && $0.allSatisfy { $0.isLetter || $0.isNumber || "-_".contains($0) }
      })
  }

  @MainLoop @Test func `nobody else's id is a session`() {
    let id = sessions.begin()
    #expect(sessions.use(id))
    for other in ["", String(id.dropLast()), id + "A", id.lowercased() + "x"] {
      #expect(!sessions.use(other))
    }
  }

  @MainLoop @Test func `a session ends after twelve idle hours, not sooner`() {
    let id = sessions.begin()
    for _ in 0..<10 {
      clock.now += .seconds(12 * 3600 - 1)
      #expect(sessions.use(id))
    }
    clock.now += .seconds(12 * 3600)
    #expect(!sessions.use(id))
    #expect(sessions.count == 0)
  }

  @MainLoop @Test func `a session ends after seven days, however it is used`() {
    var id = sessions.begin()
    for _ in 0..<(7 * 24 - 1) {
      clock.now += .seconds(3600)
      #expect(sessions.use(id))
      id = sessions.renew(id) ?? id
    }
    clock.now += .seconds(3600)
    #expect(!sessions.use(id))
  }

  @MainLoop @Test func `an id is changed after an hour, and the old one ends a minute later`() throws {
    let old = sessions.begin()
    clock.now += .seconds(3599)
    #expect(sessions.renew(old) == nil)
    clock.now += .seconds(1)
    let new = try #require(sessions.renew(old))
    #expect(new != old)
    #expect(sessions.renew(old) == nil)
    clock.now += .seconds(59)
    #expect(sessions.use(old))
    #expect(sessions.use(new))
    clock.now += .seconds(1)
    #expect(!sessions.use(old))
    #expect(sessions.use(new))
  }

  @MainLoop @Test func `the end of a login ends each of its ids, and no other login`() throws {
    let old = sessions.begin()
    let other = sessions.begin()
    clock.now += .seconds(3600)
    let new = try #require(sessions.renew(old))
    sessions.end(old)
    #expect(!sessions.use(old))
    #expect(!sessions.use(new))
    #expect(sessions.use(other))
    sessions.end("nobody's")
  }

  @MainLoop @Test func `there are a hundred at most, and the one that was not used longest goes`() {
    let first = sessions.begin()
    clock.now += .seconds(1)
    let second = sessions.begin()
    for _ in 0..<98 {
      clock.now += .seconds(1)
      _ = sessions.begin()
    }
    clock.now += .seconds(1)
    #expect(sessions.use(first))
    _ = sessions.begin()
    #expect(sessions.count == 100)
    #expect(sessions.use(first))
    #expect(!sessions.use(second))
  }

  @MainLoop @Test func `the cookie is for this server's pages alone`() {
    #expect(
      SessionCookie.header("ID", isSecure: false).value
        == "bascule_session=ID; Max-Age=604800; Path=/; HttpOnly; SameSite=Strict")
    #expect(SessionCookie.header("ID", isSecure: true).value.hasSuffix("; Secure"))
    #expect(SessionCookie.removal(isSecure: false).value.hasPrefix("bascule_session=; Max-Age=0;"))
  }

  @MainLoop @Test func `the cookie is found among others`() {
    let headers = Headers([
      ("Cookie", "a=b; bascule_session=one;bascule_session=two; xbascule_session=no; bascule_sessionx=no"),
      ("Cookie", "bascule_session=three=3"),
    ])
    #expect(SessionCookie.values(in: headers) == ["one", "two", "three=3"])
    let many = String(repeating: "bascule_session=x; ", count: 1000)
    #expect(SessionCookie.values(in: Headers([("Cookie", many)])).count == 8)
  }

  @MainLoop @Test func `a password is compared whole`() {
    let check = PasswordCheck("correct horse")
    #expect(check.matches("correct horse"))
    for wrong in ["", "correct hors", "correct horse ", "Correct horse", "correct horse\0"] {
      #expect(!check.matches(wrong))
    }
  }
}
