import HTTP
import TestSupport
import Testing

@testable import Control

/// Names that are meant for a database, a file system or a shell, wherever a name may stand.
@Suite(.timeLimit(.minutes(5))) struct HostileNamesTests {
  private static let tricks = [
    "' OR '1'='1", "main'--", "1; DROP TABLE deployments", "1 UNION SELECT * FROM projects", "\" OR \"\"=\"",
    "../../../etc/passwd", "..", ".", "main/../theirs", "..\\..", "%2e%2e%2f", "main\0", "\0", "main\n",
    "\r\nX: y",
    "-1", "0", "1e9", "0x1", "9223372036854775808", "NaN", "null", "undefined", "true", "[]", "{}", "$(id)",
    "`id`",
    "|id", "\u{202e}niam", "ｍａｉｎ", "MAIN", "main ", " main", "😀", "a%00b", "*", "?", "main?x=1", "main#x",
  ]

  @Test func `no name anywhere breaks anything`() async throws {
    try await ApiServer.with { api in
      let id = try await api.manager.deployment(of: "main")
      for route in await api.routes.routes where route.template.text != "/api/openapi.json" {
        for trick in Self.tricks {
          let encoded = Percent.encode(trick)
          let parts = route.template.parts.map { part -> String in
            if case .literal(let name) = part { name } else { encoded }
          }
          let query = route.query.map { "\($0.name)=\(encoded)" }.joined(separator: "&")
          let fields = (route.body ?? []).map { ($0.name, trick) }
          let body = fields.map { "\"\($0.0)\":\(Self.quoted($0.1))" }.joined(separator: ",")
          let path = "/" + parts.joined(separator: "/") + (query.isEmpty ? "" : "?\(query)")
          let response = try await api.ask(route.method, path, route.body == nil ? nil : "{\(body)}")
          let mayPass = route.template.parameterNames.isEmpty && route.query.isEmpty
          #expect(
            400...422 ~= response.status || mayPass && response.status < 300
              || trick == "0" && response.status == 200,
            "\(route.method) \(path) \(body): \(response.status) \(response.text)")
        }
      }
      #expect(try await api.ask("GET", "/api/deployments/\(id)").status == 200)
      #expect(try await api.ask("GET", "/api/projects").text.contains("theirs"))
    }
  }

  /// JSON, with what a text of JSON may not hold spelled out.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\0": result += "\\u0000"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
