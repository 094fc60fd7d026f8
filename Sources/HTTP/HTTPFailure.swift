/// What is wrong with a message: the status that answers it, and a sentence for whoever sent it.
package struct HTTPFailure: Error, Equatable, Sendable {
  package let status: Int
  package let message: String

  package init(_ status: Int, _ message: String) {
    self.status = status
    self.message = message
  }

  static func malformed(_ message: String) -> HTTPFailure { HTTPFailure(400, message) }
}
