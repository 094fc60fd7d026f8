import HTTP

/// The answer to somebody who may not ask at all.
package struct Refusal: Error {
  package let response: Response

  package init(response: Response) { self.response = response }
}
