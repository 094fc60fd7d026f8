import Foundation

/// The API on the control port, as somebody with a token uses it.
extension Manager {
  func token(_ subject: String, admin: Bool = false) async throws -> String {
    let flags = admin ? ["--admin"] : []
    let finished = try await bascule(["token", "--sub", subject] + flags)
    guard finished.code == 0 else { throw Failure("no token: \(finished)") }
    return finished.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  func api(
    _ path: String, _ method: String = "GET", token: String?, _ body: [String: any Sendable]? = nil
  ) async throws -> Answer {
    var headers: [String: String] = [:]
    if let token { headers["Authorization"] = "Bearer \(token)" }
    let bytes = try body.map { try JSONSerialization.data(withJSONObject: $0) }
    if bytes != nil { headers["Content-Type"] = "application/json" }
    return try await request(method, path, port: controlPort, headers: headers, body: bytes)
  }

  /// What the public port answers under a name.
  func app(host: String) async throws -> Answer {
    let port = port
    return try await offThread {
      let connection = try Connection(port: port)
      try connection.send("GET / HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
      return try Answer(connection.receiveAll())
    }
  }

  func untilServes(_ version: String, host: String) async throws {
    try await whileRunning("version \(version) is live at \(host)") {
      // Until then a page says that it is being prepared.
      guard let answer = try? await app(host: host), answer.status == 200 else { return false }
      return try answer.json["version"].string == version
    }
  }

  func state(of slug: String) async throws -> String? {
    let projects = try await json("projects")["items"].list
    return projects.first { $0["slug"].string == slug }?["state"].string
  }

  func status(of slug: String) async throws -> JSON {
    try JSON(parsing: await bascule("status", "--project", slug, "--json", exits: 0).output)
  }
}
