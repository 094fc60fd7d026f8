import Access
import HTTP
import JSON
import Linux
import Server
import TestSupport
import Testing

@testable import Control

@Suite(.timeLimit(.minutes(5))) struct DocumentTests {
  @Test(arguments: [false, true])
  func `the document names the routes of the table and no others`(atSocket: Bool) async throws {
    try await ApiServer.with(atSocket: atSocket) { api in
      let response = try await api.ask("GET", "/api/openapi.json", as: nil)
      #expect(response.status == 200)
      let document = try JSONDocument(bytes: response.body).root
      #expect(document["openapi"]?.string == "3.1.0")
      var named: [String] = []
      for (path, operations) in document["paths"]?.members ?? [] {
        for (method, _) in operations.members { named.append("\(method.uppercased()) \(path)") }
      }
      let routed = await api.routes.routes.map { "\($0.method) \($0.template.text)" }
      #expect(named.sorted() == routed.sorted())
      #expect(Set(routed).count == routed.count)
      #expect(routed.contains("POST /api/tokens") == atSocket)
    }
  }

  @MainLoop private static func routes(_ desk: Desk, _ manager: FakeManager) -> ControlRoutes {
    let webhook = WebhookRoute(
      manager: manager, path: "/deploy", secret: "secret", attempts: AttemptLimiter())
    return ControlRoutes(
      manager: manager, webhook: webhook, metricsToken: nil, authenticator: desk.authenticator)
  }

  /// 200 for a request whose body is waited for.
  @MainLoop private static func admission(
    _ routes: ControlRoutes, _ method: String, _ path: String, _ headers: [(name: String, value: String)]
  ) -> Int {
    switch routes.admit(Desk.request(method, path, headers).head, Desk.stranger) {
    case .body: 200
    case .answer(let response): response.status
    }
  }

  @Test func `the control port's document has the logins as well, and what it names is there`() async throws {
    MainLoopThread.start()
    let desk = await Desk()
    let manager = try await FakeManager()
    let routes = await Self.routes(desk, manager)
    let server = await HTTPServer(admit: { routes.admit($0, $1) }, handler: { routes.handle($0, $1, $2) })
    let listener = try Listener.tcp(port: 0, setting: "CONTROL_PORT")
    try await server.listen(listener)
    let client = try LoopbackClient(port: listener.port)
    try client.send("GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
    let document = try JSONDocument(bytes: try #require(await client.response()).body).root
    let paths = document["paths"]?.members ?? []
    for path in ["/api/login", "/api/logout", "/api/session", "/api/projects"] {
      #expect(paths.contains { $0.key == path }, "\(path)")
    }
    let token = try await Desk.token("root", isAdmin: true)
    for (path, operations) in paths {
      for (method, operation) in operations.members {
        let type = operation["requestBody"] == nil ? [] : [(name: "Content-Type", value: "application/json")]
        let place = path.replacing("{slug}", with: "mine").replacing("{id}", with: "1")
          .replacing("{guid}", with: "x")
        let status = await Self.admission(
          routes, method.uppercased(), place, [Desk.bearer(token)] + type)
        #expect(status == 200 || status == 400, "\(method) \(path): \(status)")
      }
    }
    client.close()
    await server.stop(within: .zero)
  }

  @Test func `every reference of the document leads somewhere`() async throws {
    try await ApiServer.with { api in
      let document = try JSONDocument(bytes: try await api.ask("GET", "/api/openapi.json", as: nil).body).root
      var references: [String] = []
      func collect(_ node: JSONNode) {
        for (key, value) in node.members {
          if key == "$ref", let name = value.string { references.append(name) }
          collect(value)
        }
        for element in node.elements { collect(element) }
      }
      collect(document)
      #expect(references.count > 50)
      for reference in Set(references) {
        var node: JSONNode? = document
        for part in reference.split(separator: "/").dropFirst() { node = node?[String(part)] }
        #expect(node != nil, "\(reference)")
      }
    }
  }
}
