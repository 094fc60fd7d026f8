import Foundation

/// A route, as the manager's own OpenAPI document tells of it.
struct Operation: Sendable, CustomStringConvertible {
  let method: String
  let template: String
  let isOpen: Bool
  let queryNames: [String]
  let requiredQuery: [String]
  /// What the body must and may have, with the type of each.
  let body: [(name: String, type: String, isRequired: Bool)]?

  var description: String { "\(method) \(template)" }

  static func all(of manager: Manager) async throws -> [Operation] {
    let document = try await request("GET", "/api/openapi.json", port: manager.controlPort).json
    let paths = document["paths"]
    return paths.names.flatMap { path in
      paths[path].names.map { Operation($0.uppercased(), path, paths[path][$0]) }
    }
  }

  private init(_ method: String, _ template: String, _ json: JSON) {
    self.method = method
    self.template = template
    isOpen = json["security"].isNull
    let query = json["parameters"].list.filter { $0["in"].string == "query" }
    queryNames = query.compactMap { $0["name"].string }
    requiredQuery = query.filter { $0["required"].bool == true }.compactMap { $0["name"].string }
    let schema = json["requestBody"]["content"]["application/json"]["schema"]
    let required = schema["required"].list.compactMap(\.string)
    body =
      schema.isNull
      ? nil
      : schema["properties"].names.map {
        let type = schema["properties"][$0]["type"]
        return ($0, type.string ?? type[0].string ?? "string", required.contains($0))
      }
  }

  /// With `values` for the parameters, percent-encoded. What is not there is left out if it may be.
  func path(_ values: [String: String]) -> String {
    let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
    func encoded(_ name: String) -> String {
      values[name, default: "1"].addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }
    var path = template
    for name in ["slug", "id", "guid"] { path = path.replacing("{\(name)}", with: encoded(name)) }
    let query = queryNames.filter { values[$0] != nil || requiredQuery.contains($0) }
      .map { "\($0)=\(encoded($0))" }
    return query.isEmpty ? path : path + "?" + query.joined(separator: "&")
  }

  /// A body that the document allows.
  func validBody(_ text: String = "x") throws -> Data? {
    guard let body else { return ["POST", "PUT"].contains(method) ? Data() : nil }
    var members: [String: Any] = [:]
    for field in body where field.isRequired {
      members[field.name] = ["boolean": true, "integer": 1][field.type] ?? text
    }
    return try JSONSerialization.data(withJSONObject: members)
  }

  /// One in which every text is `text`.
  func body(_ text: String) throws -> Data? {
    guard let body else { return nil }
    var members: [String: Any] = [:]
    for field in body {
      members[field.name] = ["boolean": true, "integer": 1, "array": [text]][field.type] ?? text
    }
    return try JSONSerialization.data(withJSONObject: members)
  }
}
