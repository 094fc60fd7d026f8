import Access
import HTTP
import JSON
import Linux
import Server

/// `POST /api/login`, `POST /api/logout` and `GET /api/session`.
@MainLoop
package struct LoginRoutes {
  private let authenticator: Authenticator

  private static let bodyLimit = 4 << 10

  package init(_ authenticator: Authenticator) { self.authenticator = authenticator }

  package func takes(_ head: RequestHead) -> Bool { Self.method(of: head.path) != nil }

  package func admit(_ head: RequestHead, _ peer: Peer) -> Admission {
    guard let method = Self.method(of: head.path), method == head.method else {
      var response = Response.error(405, "\(head.path) has no \(head.method).")
      response.headers.append(("Allow", Self.method(of: head.path) ?? ""))
      return .answer(response)
    }
    guard head.path == "/api/login" else { return .body(limit: Self.bodyLimit) }
    if let refusal = authenticator.attempts.refusal(to: peer) { return .answer(refusal.response) }
    // A form of another site can be sent without asking us first; JSON cannot.
    guard Self.isJSON(head) else {
      return .answer(.error(415, "A login is JSON: send Content-Type: application/json."))
    }
    return .body(limit: Self.bodyLimit)
  }

  package func handle(_ request: Request, _ peer: Peer) -> Response {
    switch request.head.path {
    case "/api/login": login(request, peer)
    case "/api/logout": logout(request.head)
    default: session(request.head, peer)
    }
  }

  private func login(_ request: Request, _ peer: Peer) -> Response {
    let head = request.head
    // Once more: others may have come between the head and the body.
    if let refusal = authenticator.attempts.refusal(to: peer) { return refusal.response }
    if RequestOrigin(head) == .foreign { return Authenticator.forged.response }
    guard let password = (try? JSONDocument(bytes: request.body))?.root["password"]?.string else {
      return .error(400, "The body is not JSON such as {\"password\": \"…\"}.")
    }
    guard authenticator.password.matches(password) else {
      authenticator.attempts.countFailure(of: peer.address)
      return Refusal.unknown("The password is wrong.").response
    }
    // A new id, so that one which somebody else knows of is worth nothing after the login.
    for old in SessionCookie.values(in: head.headers) { authenticator.sessions.end(old) }
    return Self.answer(.admin, cookie: authenticator.sessions.begin(), head)
  }

  private func logout(_ head: RequestHead) -> Response {
    let ids = SessionCookie.values(in: head.headers)
    if !ids.isEmpty, RequestOrigin(head) != .own { return Authenticator.forged.response }
    for id in ids { authenticator.sessions.end(id) }
    return Response(204, headers: [SessionCookie.removal(isSecure: Self.isSecure(head))])
  }

  private func session(_ head: RequestHead, _ peer: Peer) -> Response {
    switch authenticator.identify(head, peer) {
    case .failure(let refusal): return refusal.response
    case .success(let caller):
      let isToken = BearerToken(in: head.headers) != .absent
      let id = isToken ? nil : authenticator.session(in: head)
      return Self.answer(caller, cookie: id.flatMap { authenticator.sessions.renew($0) }, head)
    }
  }

  private static func answer(_ caller: Caller, cookie: String?, _ head: RequestHead) -> Response {
    var response = Response.json(200, ["name": .string(caller.name), "isAdmin": .bool(caller.isAdmin)])
    response.headers.append(("Cache-Control", "no-store"))
    if let cookie { response.headers.append(SessionCookie.header(cookie, isSecure: isSecure(head))) }
    return response
  }

  private static func method(of path: String) -> String? {
    switch path {
    case "/api/login", "/api/logout": "POST"
    case "/api/session": "GET"
    default: nil
    }
  }

  private static func isJSON(_ head: RequestHead) -> Bool {
    let type = head.headers["Content-Type"]?.prefix { $0 != ";" && $0 != " " }
    return type?.lowercased() == "application/json"
  }

  /// Believed from anybody: whoever lies about it gets a cookie that their own browser does not send.
  private static func isSecure(_ head: RequestHead) -> Bool {
    head.headers.lists("https", in: "X-Forwarded-Proto")
      || head.headers["Origin"]?.lowercased().hasPrefix("https://") == true
  }
}
