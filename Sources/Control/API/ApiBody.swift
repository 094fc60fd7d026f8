import HTTP
import JSON

/// A JSON object whose members are known, each checked before anybody asks for it.
struct ApiBody: Sendable {
  private var values: [String: JSONNode] = [:]

  init() {}

  init(_ request: Request, _ known: [ApiField]) throws(ControlFailure) {
    if !request.body.isEmpty {
      try Self.checkType(request.head.headers)
      for (name, node) in try Self.members(request.body) {
        guard let field = known.first(where: { $0.name == name }) else {
          throw ControlFailure(.bad, Self.unknown(name, known))
        }
        guard !seen(name) else { throw ControlFailure(.bad, "the member \(name) is there twice") }
        guard field.type.accepts(node) || node.isNull && !field.isRequired else {
          throw ControlFailure(.bad, "the member \(name) may be \(field.type.expectation)")
        }
        values[name] = node
      }
    }
    if let missing = known.first(where: { $0.isRequired && !seen($0.name) }) {
      throw ControlFailure(.bad, "the member \(missing.name) is missing: \(missing.type.expectation)")
    }
  }

  private func seen(_ name: String) -> Bool { values[name] != nil }

  func text(_ name: String) -> String? { values[name]?.string }
  func flag(_ name: String) -> Bool? { values[name]?.bool }
  func integer(_ name: String) -> Int64? { values[name]?.wholeNumber }
  func texts(_ name: String) -> [String] { values[name]?.elements.compactMap(\.string) ?? [] }
  func name(_ name: String) -> String? { text(name) ?? integer(name).map { String($0) } }

  /// A text that will be shown on one line.
  func line(_ name: String) throws(ControlFailure) -> String? {
    guard let text = text(name) else { return nil }
    guard text.isOneLine else {
      throw ControlFailure(.unprocessable, "the member \(name) holds a control character")
    }
    return text
  }

  private static func checkType(_ headers: Headers) throws(ControlFailure) {
    let types = headers.values("Content-Type")
    guard let type = types.first else { return }
    let essence = type.split(separator: ";", omittingEmptySubsequences: false).first ?? ""
    guard types.count == 1, essence.trimmingBlanks.lowercased() == "application/json" else {
      throw ControlFailure(.unsupported, "a body is taken as application/json only")
    }
  }

  private static func members(_ bytes: [UInt8]) throws(ControlFailure) -> [(key: String, value: JSONNode)] {
    do throws(JSONError) {
      let root = try JSONDocument(bytes: bytes).root
      if root.kind == .object { return root.members }
    } catch {
      throw ControlFailure(.bad, "the body is \(error)")
    }
    throw ControlFailure(.bad, "the body is not a JSON object")
  }

  private static func unknown(_ name: String, _ known: [ApiField]) -> String {
    let names = known.map(\.name).joined(separator: ", ")
    let shown = name.isOneLine ? String(name.prefix(40)) : "of that name"
    return known.isEmpty
      ? "no member \(shown) is known here" : "no member \(shown) is known; there are \(names)"
  }
}

extension Substring {
  fileprivate var trimmingBlanks: Substring {
    var part = self
    while part.first == " " || part.first == "\t" { part = part.dropFirst() }
    while part.last == " " || part.last == "\t" { part = part.dropLast() }
    return part
  }
}
