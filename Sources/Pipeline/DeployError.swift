import Linux

/// Why a deployment ended without a new release: a word for programs, a sentence for people.
package struct DeployError: Error, Sendable, Equatable {
  package enum Code: String, Sendable {
    case prepare, fetch, mirror, checkout, shared, install, build, release, start, unhealthy, timeout,
      canceled, disk
    case outOfOrder = "out-of-order"
  }

  package let code: Code
  package let message: String
  package var exitCode: Int32?

  package init(_ code: Code, _ message: String, exitCode: Int32? = nil) {
    self.code = code
    self.message = message
    self.exitCode = exitCode
  }

  package static func system(_ code: Code, _ doing: String, _ error: SystemError) -> DeployError {
    let hint =
      error.isFull
      ? "; free some space on the volume or lower KEEP_RELEASES"
      : error.isReadOnly ? "; the volume is mounted read-only" : ""
    return DeployError(code, "\(doing) failed: \(error)\(hint)")
  }
}
