import Foundation

/// Parsed by Foundation, so that what Bascule writes is read by somebody else.
struct JSON: @unchecked Sendable, CustomStringConvertible {
  private let value: Any?

  private init(_ value: Any?) { self.value = value }

  init(parsing data: Data) throws {
    do {
      value = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
    } catch {
      throw Failure("no JSON: \(String(decoding: data, as: UTF8.self))")
    }
  }

  init(parsing text: String) throws { try self.init(parsing: Data(text.utf8)) }

  subscript(name: String) -> JSON { JSON((value as? [String: Any])?[name]) }
  subscript(index: Int) -> JSON { JSON(list.indices.contains(index) ? list[index].value : nil) }

  var list: [JSON] { (value as? [Any] ?? []).map(JSON.init) }
  var string: String? { value as? String }
  var int: Int? { value as? Int }
  /// A number or a string, as it would be typed.
  var text: String? { string ?? int.map(String.init) }
  var bool: Bool? { value as? Bool }
  var isNull: Bool { value == nil || value is NSNull }
  var names: [String] { (value as? [String: Any] ?? [:]).keys.sorted() }
  var description: String { value.map { "\($0)" } ?? "nothing" }
}
