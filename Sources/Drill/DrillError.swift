/// Why the drill, or one of its scenarios, cannot go on: a sentence for whoever runs it.
package struct DrillError: Error, Sendable {
  package let message: String

  package init(_ message: String) { self.message = message }
}
