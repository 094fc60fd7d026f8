import JSON

package struct Response: Sendable {
  package var status: Int
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]

  package init(_ status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  package static func json(_ status: Int, _ value: JSONValue) -> Response {
    Response(status, headers: [("Content-Type", "application/json")], body: value.bytes)
  }

  package static func text(_ status: Int, _ text: String) -> Response {
    Response(status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: Array(text.utf8))
  }

  /// `code` is for programs, `message` a sentence for persons.
  package static func error(_ status: Int, code: String? = nil, _ message: String) -> Response {
    let code = code ?? Status.code(status)
    return json(status, ["error": ["code": .string(code), "message": .string(message)]])
  }

  package static func failure(_ failure: HTTPFailure) -> Response { error(failure.status, failure.message) }
}
