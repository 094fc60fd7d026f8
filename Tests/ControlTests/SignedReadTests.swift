import Access
import Crypto
import HTTP
import JSON
import Linux
import Server
import TestSupport
import Testing

@testable import Control

/// Reading what became of a trigger with nothing but the trigger's secret.
@Suite(.timeLimit(.minutes(5))) struct SignedReadTests {
  private let desk: Desk

  init() async {
    MainLoopThread.start()
    desk = await Desk()
  }

  @MainLoop private static func routes(_ authenticator: Authenticator, _ manager: FakeManager)
    -> ControlRoutes
  {
    let webhook = WebhookRoute(
      manager: manager, path: "/deploy", secret: Desk.webhookSecret, attempts: AttemptLimiter())
    return ControlRoutes(
      manager: manager, webhook: webhook, metricsToken: nil, authenticator: authenticator)
  }

  @MainLoop private static func signature(_ text: String, secret: String = Desk.webhookSecret) -> (
    name: String, value: String
  ) {
    let code = HMACSHA256.authenticate(key: Array(secret.utf8), message: Array(text.utf8))
    return ("X-Webhook-Signature", "sha256=" + Hex.encode(code))
  }

  /// 200 for what is let in.
  @MainLoop private func status(
    _ routes: ControlRoutes, _ method: String, _ path: String, _ headers: [(name: String, value: String)],
    from peer: Peer = Desk.stranger
  ) -> Int {
    switch routes.admit(Desk.request(method, path, headers).head, peer) {
    case .body: 200
    case .answer(let response): response.status
    }
  }

  @MainLoop @Test func `a signature over the target opens a deployment and its log`() throws {
    let routes = Self.routes(desk.authenticator, try FakeManager())
    for target in ["/api/deployments/1", "/api/deployments/1/log", "/api/deployments/1/log?follow=1"] {
      #expect(status(routes, "GET", target, [Self.signature("GET \(target)")]) == 200, "\(target)")
      #expect(status(routes, "GET", target, [Self.signature(target)]) == 401, "\(target)")
      #expect(
        status(routes, "GET", target, [Self.signature("GET \(target)", secret: "x")]) == 401, "\(target)")
    }
    for (method, target) in [
      ("GET", "/api/deployments"), ("GET", "/api/deployments/1/stream"),
      ("POST", "/api/deployments/1/cancel"),
      ("GET", "/api/projects"), ("POST", "/api/projects/main/deploy"),
      ("GET", "/metrics"),
      ("DELETE", "/api/deployments/1"), ("GET", "/api/nothing"), ("GET", "/api/admin/deployments/active"),
    ] {
      #expect(
        status(routes, method, target, [Self.signature("\(method) \(target)")]) == 401, "\(method) \(target)")
    }
  }

  @MainLoop @Test func `a token that is sent decides, whatever the signature`() throws {
    let routes = Self.routes(desk.authenticator, try FakeManager())
    let target = "/api/deployments/1"
    let right = Self.signature("GET " + target)
    #expect(status(routes, "GET", target, [right, Desk.bearer("a.b.c")]) == 401)
    #expect(
      status(routes, "GET", target, [("X-Webhook-Signature", "x"), Desk.bearer(try Desk.token("a"))]) == 200)
    // Of another scheme it is a proxy's business.
    #expect(status(routes, "GET", target, [right, ("Authorization", "Basic YTpi")]) == 200)
    #expect(status(routes, "GET", target, [("X-Webhook-Signature", "x"), try desk.cookie()]) == 401)
  }

  @MainLoop @Test func `without WEBHOOK_SECRET there is no such way`() throws {
    for secret in [nil, ""] {
      let authenticator = Authenticator(
        jwtSecret: Desk.secret, adminPassword: Desk.password, webhookSecret: secret)
      let routes = Self.routes(authenticator, try FakeManager())
      for key in ["", Desk.webhookSecret] {
        let signature = Self.signature("GET /api/deployments/1", secret: key)
        #expect(status(routes, "GET", "/api/deployments/1", [signature]) == 401)
      }
      #expect(authenticator.attempts.count == 0)
    }
  }

  @MainLoop @Test func `wrong signatures count as forged tokens do, and right ones pass all the same`() throws
  {
    let routes = Self.routes(desk.authenticator, try FakeManager())
    let target = "/api/deployments/1"
    let wrong = Self.signature("GET " + target, secret: "guess")
    for _ in 0..<10 { #expect(status(routes, "GET", target, [wrong]) == 401) }
    #expect(status(routes, "GET", target, [wrong]) == 429)
    #expect(status(routes, "GET", target, [Desk.bearer("a.b.c")]) == 429)
    #expect(
      status(routes, "GET", target, [wrong], from: Peer(address: "192.0.2.2", isLoopback: false)) == 401)
    #expect(status(routes, "GET", target, [Self.signature("GET " + target)]) == 200)
    #expect(status(routes, "GET", target, []) == 401)
  }

  @Test func `whoever overhears a signature cannot trigger with it`() async throws {
    let manager = try await FakeManager()
    let routes = await Self.routes(desk.authenticator, manager)
    let server = await HTTPServer(admit: { routes.admit($0, $1) }, handler: { routes.handle($0, $1, $2) })
    let listener = try Listener.tcp(port: 0, setting: "CONTROL_PORT")
    try await server.listen(listener)
    let client = try LoopbackClient(port: listener.port)
    let body = "GET /api/deployments/1"
    let signature = await Self.signature(body)
    try client.send(
      "POST /deploy HTTP/1.1\r\nHost: x\r\n\(signature.name): \(signature.value)\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    #expect(try #require(await client.response()).status == 400)
    #expect(await manager.asked.isEmpty)
    client.close()
    await server.stop(within: .zero)
  }

  @Test func `the document tells of it where it is taken, on the control port alone`() async throws {
    for atSocket in [false, true] {
      try await ApiServer.with(atSocket: atSocket) { api in
        let bytes = try await api.ask("GET", "/api/openapi.json", as: nil).body
        let document = try JSONDocument(bytes: bytes).root
        var told: [String] = []
        for (path, operations) in document["paths"]?.members ?? [] {
          for (_, operation) in operations.members
          where operation["security"]?.elements.contains(where: { $0["signature"] != nil }) == true {
            told.append(path)
          }
        }
        #expect(told.sorted() == (atSocket ? [] : ["/api/deployments/{id}", "/api/deployments/{id}/log"]))
        #expect((document["components"]?["securitySchemes"]?["signature"] != nil) == !atSocket)
      }
    }
  }
}
