import JSON

/// The shapes of what is answered, by name.
enum ApiSchemas {
  static let all: [(String, JSONValue)] = common + projects + deployments + record

  static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

  static let text: JSONValue = ["type": "string"]
  static let textOrNull: JSONValue = ["type": ["string", "null"]]
  static let number: JSONValue = ["type": "integer"]
  static let numberOrNull: JSONValue = ["type": ["integer", "null"]]
  static let flag: JSONValue = ["type": "boolean"]
  static let time: JSONValue = ["type": "string", "format": "date-time"]
  static let timeOrNull: JSONValue = ["type": ["string", "null"], "format": "date-time"]

  static func choice(_ values: String...) -> JSONValue {
    ["type": "string", "enum": .array(values.map { .string($0) })]
  }

  /// These members, all of them, and no others.
  static func closed(_ members: [(String, JSONValue)], optional: [(String, JSONValue)] = []) -> JSONValue {
    object(members, optional, more: false)
  }

  /// At least these members.
  static func open(_ members: [(String, JSONValue)], optional: [(String, JSONValue)] = []) -> JSONValue {
    object(members, optional, more: true)
  }

  static func list(of item: JSONValue) -> JSONValue { ["type": "array", "items": item] }

  static func page(of name: String) -> JSONValue {
    closed([("items", list(of: reference(name))), ("next", numberOrNull)])
  }

  static func orNull(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, ["type": "null"]]] }

  private static func object(
    _ members: [(String, JSONValue)], _ optional: [(String, JSONValue)], more: Bool
  ) -> JSONValue {
    [
      "type": "object", "properties": .object(members + optional),
      "required": .array(members.map { .string($0.0) }), "additionalProperties": .bool(more),
    ]
  }
}
