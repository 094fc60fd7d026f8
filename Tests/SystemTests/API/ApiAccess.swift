import Foundation
import Testing

/// Every route that the API's document names, with every kind of caller who may not.
@Suite(.fewAtATime)
struct ApiAccess {
  private static let secret = "a secret of the tests that signs tokens"
  private static let password = "correct horse battery"

  private func withSecrets(
    _ more: [String: String] = [:], _ body: (Manager, [Operation]) async throws -> Void
  ) async throws {
    let settings = ["JWT_SECRET": Self.secret, "ADMIN_PASSWORD": Self.password, "OWNER": "ada"]
    try await withLiveApp(settings.merging(more) { $1 }) { manager, _ in
      let operations = try await Operation.all(of: manager)
      #expect(operations.count > 20)
      #expect(
        operations.filter(\.isOpen).map(\.template) == ["/api/login", "/api/logout", "/api/openapi.json"])
      try await body(manager, operations.filter { !$0.isOpen })
    }
  }

  private static let own = ["slug": "main", "id": "1", "guid": "a-guid"]

  private func ask(
    _ manager: Manager, _ operation: Operation, _ headers: [String: String],
    _ values: [String: String] = own, from source: String? = nil
  ) async throws -> Answer {
    try await request(
      operation.method, operation.path(values), port: manager.controlPort,
      headers: ["Content-Type": "application/json"].merging(headers) { $1 }, body: operation.validBody(),
      from: source)
  }

  @Test func `without a token every route answers 401, and says how it is done`() async throws {
    try await withSecrets { manager, operations in
      for operation in operations {
        for headers in [[:], ["Authorization": "Basic YWRtaW46eA=="], ["Cookie": "bascule_session=abc"]] {
          let answer = try await ask(manager, operation, headers)
          #expect(answer.status == 401, "\(operation) with \(headers): \(answer)")
          #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer") == true, "\(operation)")
          #expect(try answer.json["error"]["code"].string != nil)
        }
      }
    }
  }

  @Test func `an expired, forged, unsigned or confused token is 401 at every route`() async throws {
    try await withSecrets { manager, operations in
      let webhook = manager.webhook
      let past = Int(Date().timeIntervalSince1970) - 61
      var none = Token()
      none.header["alg"] = "none"
      var confused = Token()
      confused.header["alg"] = "RS256"
      let good = try await Token().signed(with: Self.secret, by: webhook)
      let tokens = [
        "expired": try await Token(expires: past).signed(with: Self.secret, by: webhook),
        "forged": try await Token().signed(with: "another secret", by: webhook),
        "signed with nothing": try await Token().signed(with: " ", by: webhook),
        "none": try none.unsigned + ".",
        "none, but signed": try await none.signed(with: Self.secret, by: webhook),
        "RS256": try await confused.signed(with: Self.secret, by: webhook),
        "cut": String(good.dropLast(4)),
        "another's claims": try Token(subject: "eve").unsigned + "." + (good.split(separator: ".").last ?? "")
        ,
      ]
      var number = 0
      for operation in operations {
        for (kind, token) in tokens {
          // Whoever fails often is told to wait instead: each is somebody else.
          number += 1
          let source = "127.0.\(1 + number / 250).\(1 + number % 250)"
          let answer = try await ask(
            manager, operation, ["Authorization": "Bearer \(token)"], from: source)
          #expect(answer.status == 401, "\(kind) at \(operation): \(answer)")
        }
      }
      // The witness that the tokens above are wrong only in what they are meant to be.
      #expect(try await manager.api("/api/projects", token: good).status == 200)
      let skewed = Token(expires: past + 30)
      let late = try await skewed.signed(with: Self.secret, by: webhook)
      #expect(try await manager.api("/api/projects", token: late).status == 200)
    }
  }

  @Test func `somebody else's token finds nothing, and may do nothing`() async throws {
    try await withSecrets { manager, operations in
      let eve = try await manager.token("eve")
      let ada = try await manager.token("ada")
      let bearer = ["Authorization": "Bearer \(eve)"]
      for operation in operations {
        let answer = try await ask(manager, operation, bearer)
        switch operation.description {
        case "GET /api/projects", "GET /api/deployments":
          #expect(try answer.json["items"].list.isEmpty, "\(operation): \(answer)")
        case "GET /api/session": #expect(try answer.json["isAdmin"].bool == false, "\(answer)")
        case "POST /api/projects": #expect(answer.status == 403, "\(answer)")
        case let name where name.contains("/admin/") || name.contains("/webhooks/"):
          #expect(answer.status == 403, "\(operation): \(answer)")
        case "GET /api/audit", "POST /api/notify/test":
          #expect(answer.status == 403, "\(operation): \(answer)")
        default: #expect(answer.status == 404, "\(operation): \(answer)")
        }
      }
      // What is not there and what is another's cannot be told apart.
      for (other, absent) in [
        ("/api/projects/main", "/api/projects/nobody"), ("/api/deployments/1", "/api/deployments/999"),
        ("/api/projects/main/releases", "/api/projects/nobody/releases"),
        ("/api/deployments/1/log", "/api/deployments/999/log"),
      ] {
        let (left, right) = try await (manager.api(other, token: eve), manager.api(absent, token: eve))
        #expect(left.status == 404 && right.status == 404)
        let hidden = left.text.replacing("main", with: "nobody").replacing("#1", with: "#999")
        #expect(hidden == right.text)
      }
      #expect(try await manager.api("/api/projects/main", token: ada).status == 200)
      #expect(try await manager.api("/api/deployments/1/log", token: ada).text.contains("[PHASE] 1/4"))
      #expect(
        try await manager.api("/api/deployments?slug=main", token: eve).text.contains("\"id\"") == false)
      #expect(try await manager.status()["lock"].isNull)
    }
  }

  @Test func `a token of ten megabytes is refused, and the manager goes on`() async throws {
    try await withSecrets { manager, _ in
      let port = manager.controlPort
      let answer = try await offThread {
        let connection = try Connection(port: port)
        // It may be refused before it is through.
        try? connection.send(
          "GET /api/projects HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer "
            + String(repeating: "eyJh", count: 2_621_440) + "\r\n\r\n")
        let bytes = try connection.receiveAll()
        return bytes.isEmpty ? nil : try Answer(bytes)
      }
      // A reset may take the answer along with what was not read.
      if let answer { #expect([400, 401, 431].contains(answer.status), "\(answer)") }
      let long = String(repeating: "a", count: 9000)
      let refused = try await manager.api("/api/projects", token: long)
      #expect([401, 431].contains(refused.status), "\(refused)")
      #expect(try await manager.api("/api/projects", token: try await manager.admin()).status == 200)
      #expect(try await manager.app()["version"].string == "1")
    }
  }

  @Test func `no SQL and no path in any parameter gets anywhere`() async throws {
    try await withSecrets { manager, operations in
      let token = try await manager.admin()
      let tricks = [
        "' OR 1=1 --", "1; DROP TABLE deployments", "../../etc/passwd", "..", "%2e%2e%2f", "main/../main",
        "main\0", "main\n", "-1", "0", "9223372036854775808", "1e3", "\u{202e}",
        String(repeating: "a", count: 3000),
        "$(id)", "'\"><script>", "ext::sh -c id", "--upload-pack=id", "☃",
      ]
      for operation in operations {
        for trick in tricks {
          var values: [String: String] = [:]
          for name in ["slug", "id", "guid"] + operation.queryNames { values[name] = trick }
          let answer = try await request(
            operation.method, operation.path(values), port: manager.controlPort,
            headers: ["Authorization": "Bearer \(token)", "Content-Type": "application/json"],
            body: operation.body(trick) ?? (operation.method == "GET" ? nil : Data()))
          #expect(answer.status < 500, "\(operation) with \(trick.debugDescription): \(answer)")
          // With everything else as it should be, too.
          let inBody = try await request(
            operation.method, operation.path(["slug": "nobody", "id": "999", "guid": "none"]),
            port: manager.controlPort,
            headers: ["Authorization": "Bearer \(token)", "Content-Type": "application/json"],
            body: operation.body(trick) ?? (operation.method == "GET" ? nil : Data()))
          #expect(inBody.status < 500, "\(operation) with \(trick.debugDescription): \(inBody)")
          #expect(!answer.text.contains("root:x:"))
        }
      }
      #expect(try await manager.deployments(token).count == 1)
      #expect(try await manager.json("projects")["items"].list.count == 1)
      #expect(try await manager.app()["version"].string == "1")
    }
  }

  @Test func `no secret and no token gets into the log`() async throws {
    try await withSecrets { manager, _ in
      let token = try await manager.admin()
      _ = try await manager.api("/api/projects", token: token)
      _ = try await manager.api("/api/nothing?token=\(token)", token: token)
      _ = try await manager.api("/api/projects/\(token)", token: token)
      for password in [Self.password, Self.password + "x"] {
        _ = try await request(
          "POST", "/api/login", port: manager.controlPort, headers: ["Content-Type": "application/json"],
          body: JSONSerialization.data(withJSONObject: ["password": password]))
      }
      try await manager.bascule("deploy", "--force", exits: 0)
      for hidden in [Self.secret, Self.password, token, Webhook.secret] {
        #expect(!manager.log.contains(hidden))
      }
      // Nor to any command of the app's.
      let id = try #require(try await manager.deployments(token).first?["id"].int)
      let log = try await manager.api("/api/deployments/\(id)/log", token: token).text
      for hidden in [Self.secret, Self.password, token, Webhook.secret] { #expect(!log.contains(hidden)) }
    }
  }

  @Test func `a build and an app see none of them`() async throws {
    try await withSecrets(["BUILD_COMMAND": "env"]) { manager, _ in
      let log = try await manager.api("/api/deployments/1/log", token: try await manager.admin()).text
      #expect(log.contains("RELEASE=1"), "\(log)")
      for name in ["JWT_SECRET", "ADMIN_PASSWORD", "WEBHOOK_SECRET"] {
        #expect(!log.contains(name + "="), "\(log)")
      }
    }
  }

  @Test func `many bad signatures from one address are held back, and hold nobody else back`() async throws {
    try await withSecrets { manager, _ in
      let forged = try await Token().signed(with: "another secret", by: manager.webhook)
      var statuses: [Int] = []
      for _ in 0..<50 {
        let answer = try await request(
          "GET", "/api/projects", port: manager.controlPort, headers: ["Authorization": "Bearer \(forged)"],
          from: "127.0.0.9")
        statuses.append(answer.status)
      }
      #expect(statuses.prefix(10).allSatisfy { $0 == 401 })
      #expect(statuses.contains(429), "\(statuses)")
      #expect(try await manager.api("/api/projects", token: try await manager.admin()).status == 200)
    }
  }
}
