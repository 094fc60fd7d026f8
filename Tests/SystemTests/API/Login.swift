import Foundation
import Testing

/// The admin's session, as a browser has it.
@Suite(.fewAtATime)
struct Login {
  private static let password = "correct horse battery"

  private func withPassword(_ body: (Manager) async throws -> Void) async throws {
    try await withLiveApp(["ADMIN_PASSWORD": Self.password]) { manager, _ in try await body(manager) }
  }

  private func login(
    _ manager: Manager, _ password: String = password, _ headers: [String: String] = [:],
    from source: String? = nil
  ) async throws -> Answer {
    let body = try JSONSerialization.data(withJSONObject: ["password": password])
    return try await request(
      "POST", "/api/login", port: manager.controlPort,
      headers: ["Content-Type": "application/json"].merging(headers) { $1 }, body: body, from: source)
  }

  private func ask(
    _ manager: Manager, _ method: String, _ path: String, _ headers: [String: String]
  ) async throws -> Answer {
    try await request(
      method, path, port: manager.controlPort, headers: headers,
      body: method == "GET" ? nil : Data())
  }

  private func cookie(_ answer: Answer) throws -> String {
    let line = try #require(answer.headers["set-cookie"], "\(answer)")
    return String(line.prefix { $0 != ";" })
  }

  @Test func `the password is worth a cookie that no script and no other site gets`() async throws {
    try await withPassword { manager in
      let answer = try await login(manager)
      #expect(answer.status == 200, "\(answer)")
      let line = try #require(answer.headers["set-cookie"])
      let attributes = line.components(separatedBy: "; ").dropFirst()
      #expect(attributes.contains("HttpOnly") && attributes.contains("SameSite=Strict"), "\(line)")
      #expect(!attributes.contains("Secure"))
      #expect(!answer.text.contains(Self.password))
      let secure = try await login(manager, Self.password, ["X-Forwarded-Proto": "https"])
      #expect(secure.headers["set-cookie"]?.hasSuffix("; Secure") == true, "\(secure)")
    }
  }

  @Test func `a session reads, and changes only what a page of this server asks for`() async throws {
    try await withPassword { manager in
      let cookie = try cookie(try await login(manager))
      let own = "http://localhost:\(manager.controlPort)"
      let list = try await ask(manager, "GET", "/api/projects", ["Cookie": cookie])
      #expect(list.status == 200)
      #expect(try list.json["items"].list.map { $0["slug"].string } == ["main"])
      let unlock = "/api/projects/main/unlock"
      for foreign in ["http://evil.example", "http://localhost:\(manager.port)", "null"] {
        let answer = try await ask(manager, "POST", unlock, ["Cookie": cookie, "Origin": foreign])
        #expect(answer.status == 403, "\(foreign): \(answer)")
      }
      #expect(try await ask(manager, "POST", unlock, ["Cookie": cookie]).status == 403)
      #expect(try await ask(manager, "POST", unlock, ["Cookie": cookie, "Origin": own]).status == 200)
      // A GET that begins something is no reading.
      let stream = try await ask(
        manager, "GET", "/api/projects/deploy-stream?slug=main",
        ["Cookie": cookie, "Origin": "http://evil.example"])
      #expect(stream.status == 403, "\(stream)")
    }
  }

  @Test func `logging out ends the session, and a login ends the one before`() async throws {
    try await withPassword { manager in
      let own = "http://localhost:\(manager.controlPort)"
      let first = try cookie(try await login(manager))
      let second = try cookie(try await login(manager, Self.password, ["Cookie": first]))
      #expect(first != second)
      #expect(try await ask(manager, "GET", "/api/projects", ["Cookie": first]).status == 401)
      #expect(try await ask(manager, "GET", "/api/session", ["Cookie": second]).status == 200)
      let out = try await ask(manager, "POST", "/api/logout", ["Cookie": second, "Origin": own])
      #expect(out.status == 204, "\(out)")
      #expect(out.headers["set-cookie"]?.contains("Max-Age=0") == true)
      #expect(try await ask(manager, "GET", "/api/projects", ["Cookie": second]).status == 401)
    }
  }

  @Test func `a thousand bad logins are held back, and keep nobody else away`() async throws {
    try await withPassword { manager in
      let token = try await manager.admin()
      var counts: [Int: Int] = [:]
      for number in 0..<1000 {
        let answer = try await login(manager, "guess \(number)", from: "127.0.0.9")
        counts[answer.status, default: 0] += 1
        if answer.status == 429 { #expect((Int(answer.headers["retry-after"] ?? "") ?? 0) > 0) }
      }
      #expect(Set(counts.keys) == [401, 429], "\(counts)")
      // Ten, and one more each six seconds that a slow machine takes for all of this.
      #expect(counts[401, default: 0] < 100, "\(counts)")
      #expect(try await login(manager, from: "127.0.0.9").status == 429)
      #expect(try await login(manager).status == 200)
      #expect(try await manager.api("/api/projects", token: token).status == 200)
      #expect(try await manager.app()["version"].string == "1")
      #expect(!manager.log.contains("guess 5"))
    }
  }

  @Test func `what is no login is told so`() async throws {
    try await withPassword { manager in
      let json = ["Content-Type": "application/json"]
      let bodies: [(body: String, headers: [String: String], status: Int)] = [
        ("password=x", ["Content-Type": "application/x-www-form-urlencoded"], 415),
        ("{\"password\":\"\(Self.password)\"}", ["Content-Type": "text/plain"], 415), ("{", json, 400),
        ("{\"password\":7}", json, 400), ("[]", json, 400), ("", json, 400),
        (String(repeating: "x", count: 100_000), json, 413),
      ]
      for (body, headers, status) in bodies {
        let answer = try await request(
          "POST", "/api/login", port: manager.controlPort, headers: headers, body: Data(body.utf8))
        #expect(answer.status == status, "\(body.prefix(40)): \(answer)")
      }
      #expect(try await request("GET", "/api/login", port: manager.controlPort).status == 405)
    }
  }
}
