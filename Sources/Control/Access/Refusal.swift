import HTTP

/// The answer to somebody who may not.
package struct Refusal: Error, Sendable {
  package let response: Response

  package init(_ response: Response) { self.response = response }
}
