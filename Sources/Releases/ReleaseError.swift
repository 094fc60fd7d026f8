import Linux

/// What could not be done with a release, as a sentence for a person.
package struct ReleaseError: Error, Equatable, CustomStringConvertible {
  package let message: String
  package let cause: SystemError?

  package init(_ message: String, cause: SystemError? = nil) {
    self.message = message
    self.cause = cause
  }

  package var description: String { message }
}

/// The one mapping from the kernel's words to a person's.
func attempt<Value>(
  _ task: @autoclosure () -> String, _ body: () throws(SystemError) -> Value
) throws(ReleaseError) -> Value {
  do throws(SystemError) {
    return try body()
  } catch {
    let advice =
      error.isFull
      ? " Make room on that volume, then try again."
      : error.isReadOnly ? " Mount the volume writable, then try again." : ""
    throw ReleaseError("Could not \(task()): \(error.reason).\(advice)", cause: error)
  }
}
