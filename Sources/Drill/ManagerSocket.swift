import HTTP
import JSON
import Linux

/// The commands' way to the rehearsal's manager.
@MainLoop
struct ManagerSocket {
  let path: String

  func get(_ route: String) async throws -> JSONNode { try await ask("GET", route) }

  @discardableResult
  func post(_ route: String) async throws -> JSONNode { try await ask("POST", route) }

  /// A log: one event a line.
  func events(of deployment: Int) async throws -> [JSONNode] {
    let answer = try await exchange("GET", "/api/deployments/\(deployment)/log", "application/x-ndjson")
    return answer.body.split(separator: 0x0a).compactMap { try? JSONDocument(bytes: Array($0)).root }
  }

  private func ask(_ method: String, _ route: String) async throws -> JSONNode {
    let answer = try await exchange(method, route, "application/json")
    guard let document = try? JSONDocument(bytes: answer.body) else {
      throw DrillError("\(method) \(route): the manager's answer (\(answer.status)) is not JSON.")
    }
    guard answer.status < 400 else {
      let message = document.root["error"]?["message"]?.string ?? "the manager answered \(answer.status)"
      throw DrillError("\(method) \(route): \(message).")
    }
    return document.root
  }

  private func exchange(_ method: String, _ route: String, _ type: String) async throws -> Conversation.Answer
  {
    try Task.checkCancellation()
    let (short, folder) = try Socket.shortPath(path)
    defer { folder.close() }
    let conversation = Conversation(with: .unix(short))
    defer { conversation.close() }
    let body = method == "POST" ? "{}" : ""
    let head =
      "\(method) \(route) HTTP/1.1\r\nHost: bascule\r\nConnection: close\r\nAccept: \(type)\r\n"
      + "X-Bascule-Actor: drill\r\n"
      + (body.isEmpty ? "" : "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n")
    let result = await conversation.ask(
      method, Array("\(head)\r\n\(body)".utf8), within: .seconds(60))
    switch result {
    case .success(let answer): return answer
    case .failure(let trouble):
      try Task.checkCancellation()
      throw DrillError("\(method) \(route): \(trouble.reason).")
    }
  }
}
