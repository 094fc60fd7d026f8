import HTTP

/// `/api/projects/{slug}/deploy`, and whether a path fits it.
struct PathTemplate: Hashable {
  enum Part: Hashable {
    case literal(String)
    case parameter(String)
  }

  let text: String
  let parts: [Part]

  init(_ text: String) {
    self.text = text
    parts = Self.split(text).map { part in
      part.hasPrefix("{") ? .parameter(String(part.dropFirst().dropLast())) : .literal(String(part))
    }
  }

  var parameterNames: [String] {
    parts.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
  }

  /// As the path came: an encoded letter of a literal makes it another path.
  func fits(_ path: [Substring]) -> Bool {
    guard path.count == parts.count else { return false }
    return zip(path, parts).allSatisfy { piece, part in
      if case .literal(let name) = part { piece == name } else { !piece.isEmpty }
    }
  }

  /// Decoded once; nil where one holds what no name may: a slash, a control character, half a percent sign.
  func parameters(of path: [Substring]) -> [String: String]? {
    var values: [String: String] = [:]
    for (piece, part) in zip(path, parts) {
      guard case .parameter(let name) = part else { continue }
      guard let bytes = Percent.decode(piece.utf8), !bytes.isEmpty,
        bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") }),
        let value = String(validating: bytes, as: UTF8.self)
      else { return nil }
      values[name] = value
    }
    return values
  }

  /// The pieces between the slashes, the empty ones too.
  static func split(_ path: String) -> [Substring] {
    path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
  }
}
