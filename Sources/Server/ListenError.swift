import Glibc
import Linux

/// Why a server could not listen, as a sentence that says what to do.
package struct ListenError: Error, CustomStringConvertible {
  package let description: String

  package init(port: UInt16, setting: String, _ error: SystemError) {
    description =
      switch error.code {
      case EADDRINUSE:
        "\(setting) \(port) is in use by another process. Stop that process or set \(setting) to a free port."
      case EACCES:
        "\(setting) \(port) may only be used by root. Set \(setting) to a port above 1023."
      default:
        "Listening on \(setting) \(port) failed: \(error)."
      }
  }

  init(path: String, _ error: SystemError) {
    description =
      error.code == EEXIST
      ? "\(path) is in the way of a socket: it is not one. Move it elsewhere."
      : "The socket \(path) could not be made: \(error)."
  }
}
