import Linux

/// A command that a step wants run in the release's name.
package struct StepCommand: Sendable {
  package var arguments: [String]
  package var environment: [String: String]
  package var directory: String

  package init(_ arguments: [String], environment: [String: String], directory: String) {
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
  }
}

package enum StepOutcome: Sendable {
  case exited(code: Int32, description: String, leftBehind: [String])
  case notFound(String)
  case notStarted(String)
  case timedOut
  case canceled
}

/// A line that a command printed: printable UTF-8 whose bytes last as long as the call.
package typealias LineHandler = @MainLoop (_ stream: String, _ line: UnsafeRawBufferPointer) -> Void

/// Runs commands as the app's user. What does it is not the pipeline's business.
@MainLoop
package protocol StepRunner {
  func run(_ command: StepCommand, timeout: Duration, onLine: @escaping LineHandler) async -> StepOutcome
}

extension StepOutcome {
  /// Throws unless the command ended with 0. `failed` makes the error for one that ended otherwise.
  func check(
    doing: String, shown: String, code: DeployError.Code, limit: String,
    failed: (_ status: Int32, _ description: String) -> DeployError
  ) throws(DeployError) {
    switch self {
    case .exited(code: 0, _, _): return
    case .exited(let status, let description, _): throw failed(status, description)
    case .notFound(let name):
      throw DeployError(code, "\(doing) failed: there is no program \(name) in the container", exitCode: 127)
    case .notStarted(let why):
      throw DeployError(code, "\(doing) failed: `\(shown)` could not be started: \(why)", exitCode: 126)
    case .timedOut:
      throw DeployError(
        .timeout, "\(doing) took too long: `\(shown)` was stopped at the \(limit)", exitCode: 124)
    case .canceled: throw DeployError(.canceled, "canceled while \(doing)")
    }
  }
}
