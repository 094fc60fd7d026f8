import Access
import HTTP
import JSON
import Linux
import Server

@testable import Control

/// An authenticator with made-up clocks, and requests for it.
@MainLoop final class Desk {
  static let secret = "a-secret-of-at-least-thirty-two-bytes!"
  static let webhookSecret = "the secret of the webhook"
  static let password = "correct horse"
  static let stranger = Peer(address: "192.0.2.1", isLoopback: false)
  static let host = (name: "Host", value: "deploy.example.org:3001")
  static let own = (name: "Origin", value: "http://deploy.example.org:3001")

  var now = ContinuousClock.now
  private(set) var authenticator: Authenticator
  var login: LoginRoutes { LoginRoutes(authenticator) }

  init() {
    authenticator = Authenticator(jwtSecret: Self.secret, adminPassword: Self.password)
    authenticator = Authenticator(
      jwtSecret: Self.secret, adminPassword: Self.password, webhookSecret: Self.webhookSecret,
      attempts: AttemptLimiter { [weak self] in self?.now ?? .now },
      sessions: Sessions { [weak self] in self?.now ?? .now })
  }

  static func request(
    _ method: String, _ path: String, _ headers: [(name: String, value: String)] = [], body: String = ""
  ) -> Request {
    var text = "\(method) \(path) HTTP/1.1\r\n"
    let all = headers.contains { $0.name == "Host" } ? headers : [host] + headers
    for header in all { text += "\(header.name): \(header.value)\r\n" }
    if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
    var parser = RequestParser(bodyLimit: 1 << 20)
    Array("\(text)\r\n\(body)".utf8).withUnsafeBytes { parser.feed($0) }
    while true {
      switch parser.next() {
      case .complete(let request): return request
      case .head: continue
      default: preconditionFailure("no request: \(text)")
      }
    }
  }

  func identify(
    _ method: String, _ headers: [(name: String, value: String)], from peer: Peer = stranger,
    changes: Bool? = nil
  ) -> Answer {
    let head = Self.request(method, "/api/projects", headers).head
    return switch authenticator.identify(head, peer, changes: changes) {
    case .success(let caller): .caller(caller)
    case .failure(let refusal): .refused(refusal.response.status)
    }
  }

  enum Answer: Equatable {
    case caller(Caller)
    case refused(Int)
  }

  static func bearer(_ token: String) -> (name: String, value: String) {
    ("Authorization", "Bearer \(token)")
  }

  static func token(_ name: String, isAdmin: Bool = false, ttl: Duration = .seconds(600), ago: Int64 = 0)
    throws
    -> String
  {
    try JWT.issue(
      sub: name, isAdmin: isAdmin, ttl: ttl, key: Array(secret.utf8),
      now: Timestamp(milliseconds: Timestamp.now.milliseconds - ago * 1000))
  }

  /// The answer to a whole request, its head admitted first.
  func send(_ request: Request, from peer: Peer = stranger) -> Response {
    switch login.admit(request.head, peer) {
    case .answer(let response): response
    case .body: login.handle(request, peer)
    }
  }

  func logIn(
    _ password: String = password, _ headers: [(name: String, value: String)] = [own],
    from peer: Peer = stranger
  ) -> Response {
    send(
      Self.request(
        "POST", "/api/login", headers + [("Content-Type", "application/json")],
        body: JSONValue.object([("password", .string(password))]).text), from: peer)
  }

  /// The cookie as a browser sends it back.
  func cookie() throws -> (name: String, value: String) {
    ("Cookie", String(logIn()["Set-Cookie"]?.prefix { $0 != ";" } ?? ""))
  }
}

extension Response {
  subscript(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  var json: JSONNode? { try? JSONDocument(bytes: body).root }
}
