import HTTP
import JSON

/// Long lists come in pages, newest first: `next` of one is `before` of the one after it.
enum ListPage {
  static let query: [ApiField] = [
    .optional("before", .integer(0...Int64.max), "The `next` of the page before."),
    .optional("limit", .integer(1...200), "How many at most; 50 if left out."),
  ]

  static func limit(_ query: ApiQuery) -> Int { query.integer("limit").map { Int($0) } ?? 50 }

  static func response(_ items: [JSONValue], next: Int64?) -> Response {
    .json(200, ["items": .array(items), "next": JSONValue(next)])
  }
}
