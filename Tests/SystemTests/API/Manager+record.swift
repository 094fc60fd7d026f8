import Foundation

/// What the record says, asked for over the API.
extension Manager {
  func admin() async throws -> String { try await token("tester", admin: true) }

  func deployment(_ id: Int, _ token: String) async throws -> JSON {
    try await api("/api/deployments/\(id)", token: token).json
  }

  /// Newest first.
  func deployments(_ token: String, _ query: String = "limit=200") async throws -> [JSON] {
    try await api("/api/deployments?\(query)", token: token).json["items"].list
  }

  /// The lines of a recorded stream, each parsed.
  func events(_ id: Int, _ token: String) async throws -> [JSON] {
    let answer = try await request(
      "GET", "/api/deployments/\(id)/log", port: controlPort,
      headers: ["Authorization": "Bearer \(token)", "Accept": "application/x-ndjson"])
    guard answer.status == 200 else { throw Failure("the log of \(id): \(answer)") }
    guard answer.body.isEmpty || answer.body.last == 10 else {
      throw Failure("the stream of \(id) ends in the middle of a line: \(answer.text.suffix(200))")
    }
    return try answer.text.split(separator: "\n").map { try JSON(parsing: String($0)) }
  }

  /// Waits for the end of a deployment and tells its state.
  func outcome(of id: Int, _ token: String) async throws -> String {
    try await whileRunning("deployment \(id) ends") {
      let state = try await deployment(id, token)["state"].string ?? "?"
      return ["queued", "building", "deploying"].contains(state) ? nil : state
    }
  }

  func untilIdle(of slug: String) async throws {
    try await whileRunning("no deployment of \(slug) runs or waits") {
      guard let status = try? await status(of: slug) else { return false }
      return status["current"].isNull && status["queue"].list.isEmpty
    }
  }

  /// Processes below the manager with exactly this command line.
  func processes(_ command: [String]) async throws -> [pid_t] {
    Procfs.descendants(of: try await pid()).filter { Procfs.commandLine($0) == command }
  }
}

/// The `data:` of server-sent events.
func events(inStream text: String) throws -> [JSON] {
  try text.components(separatedBy: "\n").filter { $0.hasPrefix("data: ") }
    .map { try JSON(parsing: String($0.dropFirst(6))) }
}
