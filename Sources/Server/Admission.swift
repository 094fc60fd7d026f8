import HTTP

/// What becomes of a request whose head alone has come.
package enum Admission: Sendable {
  case body(limit: Int)
  /// Without waiting for the body.
  case answer(Response)
}
