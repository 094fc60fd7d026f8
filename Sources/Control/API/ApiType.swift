import JSON

/// What a parameter or a member of a body may hold: checked by it, and described by it.
enum ApiType: Sendable {
  /// So many characters.
  case text(ClosedRange<Int>)
  case choice([String])
  case integer(ClosedRange<Int64>)
  case flag
  case texts(atMost: Int)
  /// A number, or the same as text.
  case name(ClosedRange<Int>)

  var expectation: String {
    switch self {
    case .text(let range), .name(let range): "a text of \(range.lowerBound) to \(range.upperBound) characters"
    case .choice(let values): values.count == 1 ? values.joined() : "one of \(values.joined(separator: ", "))"
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .flag: "true or false"
    case .texts(let count): "a list of at most \(count) texts"
    }
  }

  func accepts(_ node: JSONNode) -> Bool {
    switch self {
    case .text(let range): node.string.map { range.contains($0.unicodeScalars.count) } ?? false
    case .choice(let values): node.string.map(values.contains) ?? false
    case .integer(let range): node.wholeNumber.map(range.contains) ?? false
    case .flag: node.bool != nil
    case .texts(let count):
      node.kind == .array && node.elements.count <= count
        && node.elements.allSatisfy { $0.string.map { 1...255 ~= $0.unicodeScalars.count } ?? false }
    case .name: node.wholeNumber.map(Self.numbers.contains) ?? false || ApiType.text(nameRange).accepts(node)
    }
  }

  func accepts(_ text: String) -> Bool {
    switch self {
    case .text(let range), .name(let range): range.contains(text.unicodeScalars.count)
    case .choice(let values): values.contains(text)
    case .integer(let range): Int64(text).map { range.contains($0) && String($0) == text } ?? false
    case .flag, .texts: false
    }
  }

  /// Every reader of JSON takes these for what they are.
  private static let numbers: ClosedRange<Int64> = 0...(1 << 53 - 1)
  private var nameRange: ClosedRange<Int> { if case .name(let range) = self { range } else { 1...1 } }

  /// `orNull`: a member that may be left out may as well be null.
  func schema(orNull: Bool = false) -> JSONValue {
    func type(_ name: String) -> (String, JSONValue) {
      ("type", orNull ? [.string(name), "null"] : .string(name))
    }
    func lengths(_ range: ClosedRange<Int>) -> [(String, JSONValue)] {
      [("minLength", .int(Int64(range.lowerBound))), ("maxLength", .int(Int64(range.upperBound)))]
    }
    switch self {
    case .text(let range): return .object([type("string")] + lengths(range))
    case .choice(let values):
      return .object([
        type("string"), ("enum", .array(values.map { .string($0) } + (orNull ? [.null] : []))),
      ])
    case .integer(let range):
      return .object([
        type("integer"), ("minimum", .int(range.lowerBound)), ("maximum", .int(range.upperBound)),
      ])
    case .flag: return .object([type("boolean")])
    case .texts(let count):
      let item: JSONValue = ["type": "string", "minLength": 1, "maxLength": 255]
      return .object([type("array"), ("maxItems", .int(Int64(count))), ("items", item)])
    case .name(let range):
      let types: [JSONValue] = ["string", "integer"] + (orNull ? ["null"] : [])
      return .object(
        [
          ("type", .array(types)), ("minimum", .int(Self.numbers.lowerBound)),
          ("maximum", .int(Self.numbers.upperBound)),
        ] + lengths(range))
    }
  }
}

extension JSONNode {
  /// `3` and, as JSON Schema has it, `3.0`.
  var wholeNumber: Int64? { int.map { Int64($0) } ?? double.flatMap { Int64(exactly: $0) } }
}
