import Testing

@testable import Front

/// Hop-by-hop fields, upgrades, and what the app is told about the client.
@Suite struct RequestForwardingTests {
  private static let start = "GET / HTTP/1.1\r\nHost: h\r\n"

  private func forwarded(_ fields: String, trusted: Bool = false) -> String? {
    let whole = Requests().rewritten(Self.start + fields + "\r\n", trusted: trusted)
    guard let whole, whole.hasPrefix(Self.start) else { return whole }
    return String(whole.dropFirst(Self.start.count))
  }

  @Test(arguments: [
    ("Connection: close\r\n", ""), ("Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n", ""),
    ("Proxy-Connection: keep-alive\r\nA: b\r\n", "A: b\r\n"), ("TE: trailers\r\nConnection: TE\r\n", ""),
    ("Connection: X-Foo\r\nX-Foo: a\r\nX-Bar: b\r\n", "X-Bar: b\r\n"),
    (
      "A: b\r\nX-FOO: a\r\nC: d\r\nConnection: close , x-foo\r\nE: f\r\nx-foo: g\r\n",
      "A: b\r\nC: d\r\nE: f\r\n"
    ),
    ("Connection: a\r\nConnection: b\r\nA: 1\r\nB: 2\r\nC: 3\r\n", "C: 3\r\n"),
    ("Connection: , ,X-Foo,\r\nX-Foo: a\r\n", ""),
    ("Connection: X-Fo, X-Fooo\r\nX-Foo: a\r\n", "X-Foo: a\r\n"),
    ("Upgrade: websocket\r\n", ""), ("HTTP2-Settings: x\r\nConnection: HTTP2-Settings\r\n", ""),
    ("Trailer: X\r\n", "Trailer: X\r\n"),
  ])
  func `what is meant for one connection stays on it`(fields: String, rest: String) {
    #expect(forwarded(fields) == rest + Requests.forwarding())
  }

  @Test(arguments: [
    ("Cookie: bascule_session=x\r\n", ""), ("Cookie: bascule_session=\r\n", ""),
    ("A: b\r\nCookie:bascule_session=x \r\nC: d\r\n", "A: b\r\nC: d\r\n"),
    ("Cookie: a=b; bascule_session=x; c=d\r\n", "Cookie: a=b; c=d\r\n"),
    ("cookie:  bascule_session=x; a=b\r\n", "cookie:  a=b\r\n"),
    ("COOKIE: a=b;\tbascule_session=x \t\r\n", "COOKIE: a=b \t\r\n"),
    ("Cookie: bascule_session=x; bascule_session=y\r\n", ""),
    ("Cookie: bascule_session=x;a=b;bascule_session=y;c=d\r\n", "Cookie: a=b;c=d\r\n"),
    ("Cookie: bascule_session=x;\r\n", ""), ("Cookie: ; bascule_session=x ;;\r\n", ""),
    ("Cookie: a=b; bascule_session=x;\r\n", "Cookie: a=b;\r\n"),
    ("Cookie: bascule_session = x; a=b\r\n", "Cookie: a=b\r\n"),
    ("Cookie: bascule_session; a=b\r\n", "Cookie: a=b\r\n"),
    (
      "Cookie: a=b\r\nA: b\r\nCookie: bascule_session=x\r\nCookie: c=d; bascule_session=y\r\n",
      "Cookie: a=b\r\nA: b\r\nCookie: c=d\r\n"
    ),
    ("Connection: keep-alive\r\nCookie: bascule_session=x; a=b\r\nTE: trailers\r\n", "Cookie: a=b\r\n"),
    ("Connection: Cookie\r\nCookie: bascule_session=x; a=b\r\n", ""),
    ("Connection: Cookie\r\nCookie: a=b\r\n", ""),
  ])
  func `the session of the control port is not for an app`(fields: String, rest: String) {
    #expect(forwarded(fields) == rest + Requests.forwarding())
  }

  @Test(arguments: [
    "Cookie: a=b\r\n", "Cookie:\r\n", "Cookie: ;;\r\n", "Cookie: a=bascule_session\r\n",
    "Cookie:  a=b;c=bascule_session=x;; d \r\n", "Cookie: bascule_sessions=x; a=b\r\n",
    "Cookie: xbascule_session=x\r\n", "Cookie: BASCULE_SESSION=x\r\n", "Cookie: bascule_session2=x;\r\n",
    "X-Cookie: bascule_session=x\r\n", "Cookies: bascule_session=x\r\n", "Cookie2: bascule_session=x\r\n",
  ])
  func `other cookies go on byte for byte`(fields: String) {
    #expect(forwarded(fields) == fields + Requests.forwarding())
  }

  @Test func `the session goes from every form of a request, and the result is measured without it`() {
    let cookie = "Cookie: a=b; bascule_session=x\r\n"
    #expect(
      Requests().rewritten("GET http://u/a HTTP/1.1\r\nHost: h\r\n\(cookie)\r\n")
        == "GET /a HTTP/1.1\r\nHost: u\r\nCookie: a=b\r\n" + Requests.forwarding(host: "u"))
    #expect(
      Requests().rewritten("GET / HTTP/1.0\r\nHost: h\r\n\(cookie)\r\n")
        == "GET / HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\n" + Requests.forwarding())
    let text =
      Self.start + "Cookie: bascule_session=x\r\nCookie: bascule_session=\(repeated("y", 999)); a=b\r\n\r\n"
    let length = Requests().rewritten(text)?.utf8.count ?? 0
    #expect(1..<300 ~= length)
    #expect(Requests().rewritten(text, capacity: length - 1) == nil)
    #expect(Requests().rewritten(text, capacity: length) != nil)
  }

  @Test func `Connection cannot remove what routes or frames`() {
    let fields = "Content-Length: 5\r\nContent-Type: a/b\r\nExpect: 100-continue\r\n"
    let named = "Connection: Host, content-length, Content-Type, Expect, X-Forwarded-For, X-Request-Id\r\n"
    #expect(forwarded(fields + named) == fields + Requests.forwarding())
    #expect(forwarded(named + fields) == fields + Requests.forwarding())
    let coding = "Transfer-Encoding: chunked\r\n"
    #expect(forwarded(coding + "Connection: transfer-encoding\r\n") == coding + Requests.forwarding())
  }

  @Test func `Connection cannot remove what a trusted proxy says`() {
    let fields =
      "X-Forwarded-Proto: https\r\nX-Forwarded-Host: a\r\nX-Forwarded-Port: 1\r\nForwarded: for=b\r\n"
      + "X-Request-Id: c\r\nX-Real-IP: d\r\n"
    let named =
      "Connection: X-Forwarded-Proto, X-Forwarded-Host, X-Forwarded-Port, Forwarded, X-Request-Id, X-Real-IP,"
      + "X-Forwarded-For\r\n"
    #expect(
      forwarded(named + fields + "X-Forwarded-For: e\r\n", trusted: true)
        == fields + "X-Forwarded-For: e, 192.0.2.7\r\n\r\n")
  }

  @Test(arguments: [
    "X-Forwarded-For: 1.2.3.4\r\n", "X-Forwarded-Proto: https\r\n", "x-forwarded-host: evil\r\n",
    "X-Forwarded-Port: 1\r\n", "X-Forwarded-: a\r\n", "X-FORWARDED-PREFIX: /a\r\n",
    "X-Forwarded-Server: a\r\n",
    "Forwarded: for=1.2.3.4\r\n", "X-Real-Ip: 1.2.3.4\r\n", "X-Request-ID: 1\r\n",
    "X-Forwarded-Scheme: https\r\n",
    "X-Forwarded-Ssl: on\r\n", "X-Forwarded-By: a\r\n", "X-Forwarded-User-Or-So: root\r\n",
  ])
  func `nobody may say where it comes from`(field: String) {
    #expect(forwarded(field) == Requests.forwarding())
    #expect(forwarded("A: b\r\n" + field + field + "C: d\r\n") == "A: b\r\nC: d\r\n" + Requests.forwarding())
  }

  @Test func `fields that are only named alike go on`() {
    let fields =
      "X-Forwarded: a\r\nX-Forward-For: b\r\nForwarded-For: c\r\nX-Request-Idx: d\r\nXX-Forwarded-For: e\r\n"
    #expect(forwarded(fields) == fields + Requests.forwarding())
  }

  @Test func `a trusted proxy is believed`() {
    let fields =
      "X-Forwarded-Proto: https\r\nX-Forwarded-Host: a\r\nX-Forwarded-Port: 443\r\nX-Request-Id: b\r\n"
    #expect(
      forwarded("X-Forwarded-For: 10.0.0.1\r\n" + fields, trusted: true)
        == fields + "X-Forwarded-For: 10.0.0.1, 192.0.2.7\r\n\r\n")
  }

  @Test func `what a trusted proxy does not say is added`() {
    #expect(forwarded("", trusted: true) == Requests.forwarding())
    #expect(
      forwarded("X-Forwarded-Proto: https\r\n", trusted: true)
        == "X-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Host: h\r\n"
        + "X-Request-Id: \(Requests.requestID)\r\n\r\n")
  }

  @Test func `several lines of a trusted proxy become one`() {
    let fields = "X-Forwarded-For: a, b\r\nX-Request-Id: x\r\nx-forwarded-for:\r\nX-Forwarded-For:  c \r\n"
    #expect(
      forwarded(fields, trusted: true)
        == "X-Request-Id: x\r\nX-Forwarded-For: a, b, c, 192.0.2.7\r\nX-Forwarded-Proto: http\r\n"
        + "X-Forwarded-Host: h\r\n\r\n")
  }

  @Test func `a WebSocket is upgraded`() {
    let requests = Requests()
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    let text = Self.start + "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n" + key
    #expect(
      requests.rewritten(text + "\r\n")
        == Self.start + "Upgrade: WebSocket\r\n" + key + "Connection: upgrade\r\n" + Requests.forwarding())
    #expect(requests.head.upgrade == .webSocket)
  }

  @Test(arguments: [
    ("GET", "1.1", "Upgrade: websocket\r\nConnection: upgrade\r\n", Upgrade.webSocket),
    ("GET", "1.1", "Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 0\r\n", .webSocket),
    ("GET", "1.1", "Upgrade: foo/2\r\nConnection: upgrade\r\n", .other),
    ("GET", "1.1", "Upgrade: websocket, foo\r\nConnection: upgrade\r\n", .other),
    ("GET", "1.1", "Upgrade: foo, websocket\r\nConnection: upgrade\r\n", .other),
    ("GET", "1.1", "Upgrade: websocket\r\nUpgrade: foo\r\nConnection: upgrade\r\n", .other),
    ("POST", "1.1", "Upgrade: websocket\r\nConnection: upgrade\r\n", .other),
    ("GET", "1.1", "Upgrade: websocket\r\n", .none),
    ("GET", "1.1", "Upgrade: websocket\r\nConnection: websocket\r\n", .none),
    ("GET", "1.1", "Connection: upgrade\r\n", .none),
    ("GET", "1.1", "Upgrade:\r\nConnection: upgrade\r\n", .none),
    ("GET", "1.0", "Upgrade: websocket\r\nConnection: upgrade\r\n", .none),
    ("POST", "1.1", "Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 1\r\n", .none),
    ("POST", "1.1", "Upgrade: websocket\r\nConnection: upgrade\r\nTransfer-Encoding: chunked\r\n", .none),
    ("GET", "1.1", "Upgrade: h2c\r\nConnection: upgrade\r\n", .none),
    ("GET", "1.1", "Upgrade: websocket, H2C\r\nConnection: upgrade\r\n", .none),
    ("GET", "1.1", "Upgrade: foo\r\nUpgrade: h2c\r\nConnection: upgrade\r\n", .none),
  ])
  func `an upgrade counts when all of it is there`(
    method: String, version: String, fields: String, upgrade: Upgrade
  ) throws {
    let requests = Requests()
    let written = requests.rewritten("\(method) / HTTP/\(version)\r\nHost: h\r\n\(fields)\r\n")
    #expect(requests.head.upgrade == upgrade)
    let text = try #require(written)
    #expect(text.contains("\r\nConnection: upgrade\r\n") == (upgrade != .none))
    #expect(text.contains("\r\nUpgrade: ") == (upgrade != .none))
  }
}
