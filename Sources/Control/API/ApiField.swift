import JSON

/// A parameter of a query or a member of a body.
struct ApiField: Sendable {
  let name: String
  let type: ApiType
  let isRequired: Bool
  let about: String

  static func optional(_ name: String, _ type: ApiType, _ about: String) -> ApiField {
    ApiField(name: name, type: type, isRequired: false, about: about)
  }

  static func required(_ name: String, _ type: ApiType, _ about: String) -> ApiField {
    ApiField(name: name, type: type, isRequired: true, about: about)
  }
}
