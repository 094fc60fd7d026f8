import Access
import HTTP
import Linux
import Server
import TestSupport

@testable import Control

/// The routes on a real port and on a real socket, before a manager that is none.
struct ApiServer: Sendable {
  let manager: FakeManager
  let routes: ApiRoutes
  let port: UInt16
  let server: HTTPServer

  /// Stands in for the authenticator: the token `alice` is Alice's and so on; `admin` is an admin's.
  @MainLoop static func identify(
    _ head: RequestHead, _ peer: Peer, _ changes: Bool, _ takesSignature: Bool
  ) -> Result<Caller, Refusal> {
    if takesSignature, head.headers["X-Webhook-Signature"] == "right" { return .success(.webhook) }
    let known = ["alice", "bob", "admin"]
    let named = head.headers["Authorization"].flatMap { text in known.first { text == "Bearer \($0)" } }
    let cookie = head.headers["Cookie"].flatMap { text in known.first { text == "session=\($0)" } }
    guard let name = named ?? cookie else {
      var response = Response.error(401, "a token is needed")
      response.headers.append(("WWW-Authenticate", "Bearer"))
      return .failure(Refusal(response))
    }
    if named == nil, changes, head.headers["Sec-Fetch-Site"] != "same-origin" {
      return .failure(Refusal(.error(403, "this came from another page")))
    }
    return .success(Caller(name: name, isAdmin: name == "admin"))
  }

  @MainLoop static func make(
    atSocket: Bool = false, heartbeat: Duration = .seconds(15), limits: Limits = Limits()
  ) throws -> ApiServer {
    let manager = try FakeManager()
    let door: ApiDoor =
      atSocket
      ? .socket { wish throws(ControlFailure) in "token of \(wish.subject)" }
      : .port(identify: identify)
    let routes = ApiRoutes(manager: manager, door: door, heartbeat: heartbeat)
    let server = HTTPServer(
      limits: limits, admit: { routes.admit($0, $1) }, handler: { routes.handle($0, $1, $2) })
    let listener = try Listener.tcp(port: 0, setting: "CONTROL_PORT")
    try server.listen(listener)
    return ApiServer(manager: manager, routes: routes, port: listener.port, server: server)
  }

  static func with(
    atSocket: Bool = false, heartbeat: Duration = .seconds(15), limits: Limits = Limits(),
    _ body: (ApiServer) async throws -> Void
  ) async throws {
    MainLoopThread.start()
    let api = try await make(atSocket: atSocket, heartbeat: heartbeat, limits: limits)
    do {
      try await body(api)
    } catch {
      await api.server.stop(within: .zero)
      throw error
    }
    await api.server.stop(within: .zero)
  }

  func client() throws -> LoopbackClient { try LoopbackClient(port: port) }

  /// One request on a connection of its own.
  func ask(
    _ method: String, _ path: String, as name: String? = "admin", _ body: String? = nil,
    headers: [String] = []
  ) async throws -> LoopbackResponse {
    let client = try client()
    try client.send(Self.request(method, path, as: name, body, headers: headers))
    guard let response = await client.response() else { throw NoAnswer(request: "\(method) \(path)") }
    client.close()
    return response
  }

  static func request(
    _ method: String, _ path: String, as name: String? = "admin", _ body: String? = nil,
    headers: [String] = []
  ) -> String {
    var lines = ["\(method) \(path) HTTP/1.1", "Host: x"] + headers
    if let name { lines.append("Authorization: Bearer \(name)") }
    if let body {
      lines += ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
    }
    return lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
  }
}

struct NoAnswer: Error {
  let request: String
}
