import Access
import HTTP

/// One request to a route, understood.
struct ApiCall: Sendable {
  let head: RequestHead
  let caller: Caller
  let isAtSocket: Bool
  let parameters: [String: String]
  let query: ApiQuery
  var body = ApiBody()

  subscript(_ parameter: String) -> String { parameters[parameter] ?? "" }
}
