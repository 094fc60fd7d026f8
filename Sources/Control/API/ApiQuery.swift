import HTTP

/// The known parameters of a query; others are nobody's business.
struct ApiQuery: Sendable {
  private var values: [String: String] = [:]

  init(_ head: RequestHead, _ known: [ApiField]) throws(ControlFailure) {
    guard let fields = head.query else { throw ControlFailure(.bad, "the query is not well formed") }
    for field in known {
      let found = fields.all.filter { $0.name == field.name }
      guard let first = found.first else {
        if field.isRequired { throw ControlFailure(.bad, "the parameter \(field.name) is missing") }
        continue
      }
      guard found.count == 1 else {
        throw ControlFailure(.bad, "the parameter \(field.name) is there \(found.count) times")
      }
      guard let text = String(validating: first.value, as: UTF8.self), field.type.accepts(text) else {
        throw ControlFailure(.bad, "the parameter \(field.name) may be \(field.type.expectation)")
      }
      values[field.name] = text
    }
  }

  subscript(_ name: String) -> String? { values[name] }

  func integer(_ name: String) -> Int64? { values[name].flatMap { Int64($0) } }
}
