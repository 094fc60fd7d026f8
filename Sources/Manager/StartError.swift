import Linux
import Releases
import Server

/// Why the manager cannot start, and the exit code that says so.
package struct StartError: Error, Sendable {
  package let message: String
  package let exitCode: Int32

  init(_ error: ReleaseError) {
    message = error.message
    // Somebody else holds the folder: busy. Anything else is for a person to set right.
    exitCode = error.cause?.code == 11 ? 75 : 78
  }

  init(_ error: SystemError) {
    message = "\(error)"
    exitCode = 78
  }

  init(_ error: ListenError) {
    message = error.description
    exitCode = 78
  }
}
