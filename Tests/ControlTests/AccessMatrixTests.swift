import HTTP
import History
import Server
import TestSupport
import Testing

@testable import Control

/// For every line of the table, whoever added it.
@Suite(.timeLimit(.minutes(5))) struct AccessMatrixTests {
  /// Of a project and a deployment of Bob's.
  private static func path(_ route: ApiRoute, slug: String, id: String) -> String {
    let values = ["slug": slug, "id": id, "guid": "unknown"]
    let parts = route.template.parts.map { part in
      switch part {
      case .literal(let name): name
      case .parameter(let name): values[name] ?? ""
      }
    }
    let path = "/" + parts.joined(separator: "/")
    return route.query.contains { $0.name == "slug" && $0.isRequired } ? path + "?slug=\(slug)" : path
  }

  private static func body(_ route: ApiRoute) -> String? {
    guard let fields = route.body else { return nil }
    let members = fields.filter(\.isRequired).map { field -> String in
      switch field.type {
      case .flag: "\"\(field.name)\":true"
      case .integer: "\"\(field.name)\":1"
      default: "\"\(field.name)\":\"fresh\""
      }
    }
    return "{\(members.joined(separator: ","))}"
  }

  @Test func `nobody gets anywhere without a token`() async throws {
    try await ApiServer.with { api in
      let id = try await api.manager.deployment(of: "theirs")
      for route in await api.routes.routes where route.access != .open {
        for slug in ["theirs", "none"] {
          for name in [nil, "mallory"] {
            let path = Self.path(route, slug: slug, id: "\(id)")
            let response = try await api.ask(route.method, path, as: name, Self.body(route))
            #expect(response.status == 401, "\(route.method) \(path)")
            #expect(response.head.contains("WWW-Authenticate: Bearer"))
          }
        }
      }
      #expect(try await api.ask("GET", "/api/nothing", as: nil).status == 401)
      #expect(try await api.ask("PUT", "/api/projects", as: nil).status == 401)
      #expect(await api.manager.asked.isEmpty)
    }
  }

  @Test func `another's project and its deployments are as if they did not exist`() async throws {
    try await ApiServer.with { api in
      let id = try await api.manager.deployment(of: "theirs")
      var count = 0
      for route in await api.routes.routes where [.caller, .callerOrSigner].contains(route.access) {
        let there = Self.path(route, slug: "theirs", id: "\(id)")
        guard there != route.template.text else { continue }
        count += 1
        let foreign = try await api.ask(route.method, there, as: "alice", Self.body(route))
        #expect(foreign.status == 404, "\(route.method) \(there)")
        // The same names, of what is not there.
        try await ApiServer.with { empty in
          await MainLoopThread.run { empty.manager.projects.removeAll { $0.slug == "theirs" } }
          let missing = try await empty.ask(route.method, there, as: "alice", Self.body(route))
          #expect(missing == foreign, "\(route.method) \(there)")
        }
      }
      #expect(count > 12)
      #expect(await api.manager.asked.isEmpty)
      #expect(try await api.ask("GET", "/api/deployments?slug=theirs", as: "alice").status == 404)
      let list = try await api.ask("GET", "/api/deployments", as: "alice")
      #expect(list.text == #"{"items":[],"next":null}"#)
      let projects = try await api.ask("GET", "/api/projects", as: "alice").text
      #expect(
        projects.contains(#""slug":"mine""#) && !projects.contains("theirs") && !projects.contains("main.git")
      )
    }
  }

  @Test func `what is an admin's is forbidden to others, whether it exists or not`() async throws {
    try await ApiServer.with { api in
      for route in await api.routes.routes where route.access == .admin {
        for slug in ["mine", "theirs", "none", "%00"] {
          let path = Self.path(route, slug: slug, id: "1")
          let response = try await api.ask(route.method, path, as: "alice", Self.body(route))
          #expect(response.status == 403, "\(route.method) \(path)")
        }
      }
      #expect(await api.manager.asked.isEmpty)
    }
  }

  @Test func `an admin gets everywhere, owners to their own, and every status is declared`() async throws {
    for (name, slug) in [("admin", "theirs"), ("alice", "mine")] {
      try await ApiServer.with { api in
        for route in await api.routes.routes where name == "admin" || route.access != .admin {
          await MainLoopThread.run {
            api.manager.isQuick = true
            if !api.manager.projects.contains(where: { $0.slug == slug }) { api.manager.restore(slug) }
          }
          let id = try await api.manager.deployment(of: slug)
          if route.template.text.hasSuffix("/stream") || route.template.text.hasSuffix("/log") {
            await MainLoopThread.run { api.manager.finish(id) }
          }
          let path = Self.path(route, slug: slug, id: "\(id)")
          let response = try await api.ask(route.method, path, as: name, Self.body(route))
          let declared = route.answers.map(\.status) + route.allErrors
          #expect(declared.contains(response.status), "\(route.method) \(path): \(response.text)")
          let isReplay = route.template.text.contains("{guid}")
          #expect(response.status < 300 || isReplay, "\(route.method) \(path): \(response.text)")
        }
      }
    }
  }

  @Test func `a session cannot be made to do something by another site's page, by GET neither`() async throws
  {
    try await ApiServer.with { api in
      await MainLoopThread.run { api.manager.isQuick = true }
      let cookie = "Cookie: session=admin"
      for route in await api.routes.routes where route.access != .open {
        await MainLoopThread.run {
          if !api.manager.projects.contains(where: { $0.slug == "mine" }) { api.manager.restore("mine") }
        }
        let id = try await api.manager.deployment(of: "mine")
        await MainLoopThread.run { api.manager.finish(id) }
        let path = Self.path(route, slug: "mine", id: "\(id)")
        let foreign = try await api.ask(
          route.method, path, as: nil, Self.body(route), headers: [cookie, "Sec-Fetch-Site: cross-site"])
        let changes = route.method != "GET" || path.contains("deploy-stream")
        #expect((foreign.status == 403) == changes, "\(route.method) \(path)")
        let own = try await api.ask(
          route.method, path, as: nil, Self.body(route), headers: [cookie, "Sec-Fetch-Site: same-origin"])
        #expect(own.status != 403, "\(route.method) \(path)")
      }
    }
  }

  @Test func `a signature opens a deployment and its log, whoever's, and nothing else`() async throws {
    try await ApiServer.with { api in
      let id = try await api.manager.deployment(of: "theirs")
      await MainLoopThread.run { api.manager.finish(id) }
      var opened: [String] = []
      for route in await api.routes.routes where route.access != .open {
        let path = Self.path(route, slug: "theirs", id: "\(id)")
        let response = try await api.ask(
          route.method, path, as: nil, Self.body(route), headers: ["X-Webhook-Signature: right"])
        #expect(response.status == 401 || response.status == 200, "\(route.method) \(path)")
        if response.status == 200 { opened.append("\(route.method) \(route.template.text)") }
      }
      #expect(opened.sorted() == ["GET /api/deployments/{id}", "GET /api/deployments/{id}/log"])
      #expect(await api.manager.asked.isEmpty)
    }
  }

  @Test func `a project is made by an admin, and is whose they say`() async throws {
    try await ApiServer.with { api in
      let wish = #"{"slug":"fresh","repository":"https://example.org/a.git"}"#
      #expect(try await api.ask("POST", "/api/projects", as: "alice", wish).status == 403)
      #expect(await api.manager.asked.isEmpty)
      let response = try await api.ask("POST", "/api/projects", as: "admin", wish)
      #expect(response.status == 201)
      #expect(response.head.contains("Location: /api/projects/fresh\r\n"))
      #expect(response.text.contains(#""owner":null"#))
      #expect(try await api.ask("GET", "/api/projects/fresh", as: "bob").status == 404)
      let other =
        #"{"slug":"other","repository":"/srv/repo","owner":"bob","port":4000,"hosts":["a.example"]}"#
      #expect(try await api.ask("POST", "/api/projects", as: "admin", other).status == 201)
      #expect(try await api.ask("GET", "/api/projects/other", as: "bob").status == 200)
    }
  }

  @Test func `how long a deployment may take is for admins to say`() async throws {
    try await ApiServer.with { api in
      let path = "/api/projects/mine/deploy"
      let refused = try await api.ask("POST", path, as: "alice", #"{"timeout":60}"#)
      #expect(refused.status == 403)
      #expect(refused.text.contains("only an admin may set a timeout"))
      #expect(await api.manager.asked.isEmpty)
      #expect(try await api.ask("POST", path, as: "alice", #"{"timeout":null}"#).status == 202)
      #expect(try await api.ask("POST", path, as: "admin", #"{"timeout":60}"#).status == 202)
    }
  }
}
