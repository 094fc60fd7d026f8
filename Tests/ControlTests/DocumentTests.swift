import JSON
import TestSupport
import Testing

@testable import Control

@Suite(.timeLimit(.minutes(1))) struct DocumentTests {
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
