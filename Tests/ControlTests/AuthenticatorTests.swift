import Access
import HTTP
import JSON
import Linux
import Server
import TestSupport
import Testing

@testable import Control

@Suite(.timeLimit(.minutes(5))) struct AuthenticatorTests {
  private let desk: Desk

  init() async {
    MainLoopThread.start()
    desk = await Desk()
  }

  @MainLoop @Test func `a token says who asks, and whether they are an admin`() throws {
    #expect(
      desk.identify("GET", [Desk.bearer(try Desk.token("alice"))])
        == .caller(Caller(name: "alice", isAdmin: false)))
    let admin = try Desk.token("root", isAdmin: true)
    #expect(
      desk.identify("DELETE", [("authorization", "bearer  " + admin)])
        == .caller(Caller(name: "root", isAdmin: true)))
  }

  @MainLoop @Test func `nobody is 401, and told how to prove themselves`() {
    let head = Desk.request("GET", "/api/projects").head
    guard case .failure(let refusal) = desk.authenticator.identify(head, Desk.stranger) else {
      Issue.record("let in")
      return
    }
    #expect(refusal.response.status == 401)
    #expect(refusal.response["WWW-Authenticate"] == "Bearer")
    #expect(refusal.response.json?["error"]?["code"]?.string == "unauthorized")
  }

  @MainLoop @Test func `loopback alone proves nothing`() {
    #expect(desk.identify("GET", [], from: Peer(address: "127.0.0.1", isLoopback: true)) == .refused(401))
  }

  @MainLoop @Test func `a bad token is 401, also beside a good cookie`() throws {
    let cookie = try desk.cookie()
    let good = try Desk.token("alice")
    let old = try Desk.token("alice", ttl: .seconds(10), ago: 71)
    for value in [
      "Bearer", "Bearer ", "Bearer x", "Bearer \(good)x", "Bearer \(good) \(good)", "Bearer \(old)",
      "Bearer \(good.dropLast(10))",
    ] {
      #expect(desk.identify("GET", [("Authorization", value), cookie]) == .refused(401), "\(value)")
    }
    #expect(desk.identify("GET", [Desk.bearer(good), Desk.bearer(good), cookie]) == .refused(401))
  }

  @MainLoop @Test func `another scheme is a proxy's business, and the cookie still counts`() throws {
    let cookie = try desk.cookie()
    #expect(desk.identify("GET", [("Authorization", "Basic YTpi"), cookie]) == .caller(.admin))
    #expect(desk.identify("GET", [("Authorization", "Basic YTpi")]) == .refused(401))
  }

  @MainLoop @Test func `a token is taken from nowhere but its header`() throws {
    let token = try Desk.token("alice")
    #expect(desk.identify("GET", [("X-Auth-Token", token), ("Cookie", "token=\(token)")]) == .refused(401))
    #expect(desk.identify("GET", [("Cookie", "bascule_session=\(token)")]) == .refused(401))
  }

  // MARK: Forged origins

  @MainLoop @Test(arguments: ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
  func `what changes something with a cookie must come from a page of this server`(method: String) throws {
    let cookie = try desk.cookie()
    #expect(desk.identify(method, [cookie]) == .refused(403))
    #expect(desk.identify(method, [cookie, Desk.own]) == .caller(.admin))
    #expect(desk.identify(method, [cookie, ("Sec-Fetch-Site", "same-origin")]) == .caller(.admin))
    #expect(desk.identify(method, [cookie, ("Origin", "HTTPS://deploy.example.org:3001")]) == .refused(403))
    #expect(
      desk.identify(method, [cookie, ("Referer", Desk.own.value + "/projects?a=b")]) == .caller(.admin))
  }

  @MainLoop
  @Test(arguments: [
    "null", "", "http://deploy.example.org", "http://deploy.example.org:3000", "http://evil.example.org:3001",
    "http://deploy.example.org:3001.evil.org", "http://deploy.example.org:3001@evil.org", "file://",
    "http://evil.org/deploy.example.org:3001", "http://evil.org#deploy.example.org:3001",
    "deploy.example.org:3001", "//deploy.example.org:3001",
  ])
  func `a page elsewhere, the app's own among them, may change nothing`(origin: String) throws {
    let cookie = try desk.cookie()
    #expect(desk.identify("POST", [cookie, ("Origin", origin)]) == .refused(403))
    #expect(desk.identify("POST", [cookie, ("Referer", origin + "/x")]) == .refused(403))
  }

  @MainLoop @Test func `what a browser says of itself outweighs the rest`() throws {
    let cookie = try desk.cookie()
    for site in ["cross-site", "same-site", "none", "", "same-origin, cross-site"] {
      #expect(
        desk.identify("POST", [cookie, Desk.own, ("Sec-Fetch-Site", site)]) == .refused(403), "\(site)")
    }
    #expect(desk.identify("POST", [cookie, Desk.own, Desk.own]) == .refused(403))
  }

  @MainLoop @Test func `a GET that does something must come from here as well`() throws {
    let cookie = try desk.cookie()
    #expect(desk.identify("GET", [cookie]) == .caller(.admin))
    #expect(desk.identify("GET", [cookie], changes: true) == .refused(403))
    #expect(
      desk.identify("GET", [cookie, ("Referer", Desk.own.value + "/")], changes: true) == .caller(.admin))
    #expect(desk.identify("GET", [cookie, ("Sec-Fetch-Site", "same-site")], changes: true) == .refused(403))
  }

  @MainLoop @Test func `a token needs no origin`() throws {
    let token = Desk.bearer(try Desk.token("alice"))
    #expect(
      desk.identify("POST", [token, ("Origin", "http://evil.org")])
        == .caller(Caller(name: "alice", isAdmin: false)))
  }

  @MainLoop @Test func `nobody is 401 before a forged origin is 403`() {
    #expect(desk.identify("POST", [("Origin", "http://evil.org")]) == .refused(401))
    #expect(
      desk.identify("POST", [("Origin", "http://evil.org"), ("Cookie", "bascule_session=x")]) == .refused(401)
    )
  }

  // MARK: Too many attempts

  @MainLoop @Test func `after ten forged tokens an address waits with more of them, and no other does`()
    throws
  {
    let forged = Desk.bearer("a.b.c")
    for _ in 0..<10 { #expect(desk.identify("GET", [forged]) == .refused(401)) }
    for _ in 0..<10 { #expect(desk.identify("GET", [forged]) == .refused(429)) }
    let old = Desk.bearer(try Desk.token("alice", ttl: .seconds(10), ago: 71))
    #expect(desk.identify("GET", [old]) == .refused(429))
    #expect(
      desk.identify("GET", [forged], from: Peer(address: "192.0.2.2", isLoopback: false)) == .refused(401))
    desk.now += .seconds(6)
    #expect(desk.identify("GET", [forged]) == .refused(401))
  }

  @MainLoop @Test func `a good token passes from an address that must wait`() throws {
    for _ in 0..<100 { _ = desk.identify("GET", [Desk.bearer("a.b.c")]) }
    let token = Desk.bearer(try Desk.token("alice"))
    #expect(desk.identify("GET", [token]) == .caller(Caller(name: "alice", isAdmin: false)))
    // It is no pardon for who forges.
    #expect(desk.identify("GET", [Desk.bearer("a.b.c")]) == .refused(429))
  }

  @MainLoop @Test func `whoever must wait is told how long`() {
    for _ in 0..<10 { desk.authenticator.attempts.countFailure(of: "192.0.2.1") }
    let refusal = desk.authenticator.attempts.refusal(to: Desk.stranger)
    #expect(refusal?.response.status == 429)
    #expect(refusal?.response["Retry-After"] == "7")
  }

  @MainLoop @Test func `expired tokens and ended sessions are no attempts`() throws {
    let old = Desk.bearer(try Desk.token("alice", ttl: .seconds(10), ago: 71))
    for _ in 0..<50 {
      #expect(desk.identify("GET", [old]) == .refused(401))
      #expect(desk.identify("GET", [("Cookie", "bascule_session=ended")]) == .refused(401))
    }
    #expect(desk.authenticator.attempts.count == 0)
  }

  @MainLoop @Test func `a session goes on from an address that must wait`() throws {
    let cookie = try desk.cookie()
    for _ in 0..<20 { desk.authenticator.attempts.countFailure(of: "192.0.2.1") }
    #expect(desk.identify("GET", [cookie]) == .caller(.admin))
  }

  @MainLoop @Test func `what is issued is taken`() throws {
    let token = try desk.authenticator.issue(sub: "carol", isAdmin: true, ttl: .seconds(60))
    #expect(desk.identify("GET", [Desk.bearer(token)]) == .caller(Caller(name: "carol", isAdmin: true)))
  }
}
