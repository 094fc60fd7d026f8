import Access
import HTTP
import JSON
import Linux
import Server
import TestSupport
import Testing

@testable import Control

@Suite(.timeLimit(.minutes(5))) struct LoginRoutesTests {
  private let desk: Desk

  init() async {
    MainLoopThread.start()
    desk = await Desk()
  }

  @MainLoop private func session(_ headers: [(name: String, value: String)]) -> Response {
    desk.send(Desk.request("GET", "/api/session", headers))
  }

  @MainLoop @Test func `the password gets a cookie that lets one in`() throws {
    let answer = desk.logIn()
    #expect(answer.status == 200)
    #expect(answer.json?["name"]?.string == "admin")
    #expect(answer.json?["isAdmin"]?.bool == true)
    #expect(answer["Cache-Control"] == "no-store")
    let cookie = try #require(answer["Set-Cookie"])
    #expect(cookie.hasSuffix("; Path=/; HttpOnly; SameSite=Strict"))
    #expect(session([("Cookie", String(cookie.prefix { $0 != ";" }))]).status == 200)
  }

  @MainLoop @Test func `behind https the cookie is for https alone`() {
    let forwarded = desk.logIn(Desk.password, [Desk.own, ("X-Forwarded-Proto", "https")])
    #expect(forwarded["Set-Cookie"]?.hasSuffix("; Secure") == true)
    let origin = desk.logIn(Desk.password, [("Origin", "https://deploy.example.org:3001")])
    #expect(origin["Set-Cookie"]?.hasSuffix("; Secure") == true)
    #expect(desk.logIn()["Set-Cookie"]?.contains("Secure") == false)
  }

  @MainLoop @Test(arguments: ["", "correct hors", "correct horse ", "CORRECT HORSE", "correct horse\0"])
  func `a wrong password gets none`(password: String) {
    let answer = desk.logIn(password)
    #expect(answer.status == 401)
    #expect(answer["Set-Cookie"] == nil)
  }

  @MainLoop @Test func `of a thousand wrong ones, ten are looked at, and another address still gets in`() {
    let answers = (0..<1000).map { desk.logIn("wrong \($0)").status }
    #expect(answers.prefix(10).allSatisfy { $0 == 401 })
    #expect(answers.dropFirst(10).allSatisfy { $0 == 429 })
    #expect(desk.logIn().status == 429)
    #expect(desk.logIn(from: Peer(address: "192.0.2.2", isLoopback: false)).status == 200)
    desk.now += .seconds(6)
    #expect(desk.logIn().status == 200)
  }

  @MainLoop @Test func `a login ends the session that the browser had, and makes another`() throws {
    let old = try desk.cookie()
    let answer = desk.logIn(Desk.password, [Desk.own, old])
    let new = String(answer["Set-Cookie"]?.prefix { $0 != ";" } ?? "")
    #expect(new != old.value)
    #expect(session([old]).status == 401)
    #expect(session([("Cookie", new)]).status == 200)
  }

  @MainLoop @Test func `an id that somebody else has chosen is not taken on`() {
    let answer = desk.logIn(Desk.password, [Desk.own, ("Cookie", "bascule_session=chosen")])
    #expect(answer["Set-Cookie"]?.contains("chosen") == false)
    #expect(session([("Cookie", "bascule_session=chosen")]).status == 401)
  }

  @MainLoop @Test func `a login from a page elsewhere is refused, one from no browser is not`() {
    #expect(desk.logIn(Desk.password, [("Origin", "http://evil.org")]).status == 403)
    #expect(desk.logIn(Desk.password, [("Sec-Fetch-Site", "same-site")]).status == 403)
    #expect(desk.logIn(Desk.password, []).status == 200)
  }

  @MainLoop
  @Test(arguments: [
    nil, "application/x-www-form-urlencoded", "text/plain", "multipart/form-data", "application/jsonx",
    "text/plain; application/json",
  ])
  func `a login is JSON by its type`(type: String?) {
    let headers = type.map { [(name: "Content-Type", value: $0)] } ?? []
    let request = Desk.request("POST", "/api/login", headers, body: #"{"password":"correct horse"}"#)
    #expect(desk.send(request).status == 415)
  }

  @MainLoop
  @Test(arguments: [
    "{", "[]", "null", #""correct horse""#, "{}", #"{"password":null}"#, #"{"password":["correct horse"]}"#,
    #"{"Password":"correct horse"}"#,
  ])
  func `a login is JSON by its content`(body: String) {
    let type = (name: "Content-Type", value: "Application/JSON; charset=utf-8")
    #expect(desk.send(Desk.request("POST", "/api/login", [type], body: body)).status == 400)
  }

  @MainLoop @Test func `a logout ends the session and takes the cookie back`() throws {
    let cookie = try desk.cookie()
    #expect(desk.send(Desk.request("POST", "/api/logout", [cookie])).status == 403)
    #expect(session([cookie]).status == 200)
    let answer = desk.send(Desk.request("POST", "/api/logout", [cookie, Desk.own]))
    #expect(answer.status == 204)
    #expect(answer["Set-Cookie"]?.hasPrefix("bascule_session=; Max-Age=0") == true)
    #expect(session([cookie]).status == 401)
    #expect(desk.send(Desk.request("POST", "/api/logout")).status == 204)
  }

  @MainLoop @Test func `a session is told who it is, and gets a new id when an hour is over`() throws {
    let cookie = try desk.cookie()
    #expect(session([cookie])["Set-Cookie"] == nil)
    desk.now += .seconds(3600)
    let renewed = try #require(session([cookie])["Set-Cookie"])
    #expect(session([cookie])["Set-Cookie"] == nil)
    desk.now += .seconds(61)
    #expect(session([cookie]).status == 401)
    #expect(session([("Cookie", String(renewed.prefix { $0 != ";" }))]).status == 200)
  }

  @MainLoop @Test func `a token is told who it is`() throws {
    let answer = session([Desk.bearer(try Desk.token("alice"))])
    #expect(answer.json?["name"]?.string == "alice")
    #expect(answer.json?["isAdmin"]?.bool == false)
    #expect(session([]).status == 401)
  }

  @MainLoop
  @Test(arguments: [
    ("GET", "/api/login"), ("GET", "/api/logout"), ("POST", "/api/session"), ("PUT", "/api/login"),
  ])
  func `another method is 405`(method: String, path: String) {
    let answer = desk.send(Desk.request(method, path))
    #expect(answer.status == 405)
    #expect(answer["Allow"] == (path == "/api/session" ? "GET" : "POST"))
  }

  @MainLoop @Test func `only its three paths are its own`() {
    for path in ["/api/login", "/api/logout", "/api/session"] {
      #expect(desk.login.takes(Desk.request("GET", path).head))
    }
    for path in ["/api/login/", "/API/login", "/api/sessions", "/"] {
      #expect(!desk.login.takes(Desk.request("GET", path).head))
    }
  }
}
