import Linux

/// A program to be run to its end.
package struct Command: Sendable {
  package var arguments: [String]
  package var environment: [String: String]
  package var directory: String?
  package var identity: Identity?
  package var timeout: Duration
  package var niceness: Int32 = 0

  package init(
    _ arguments: [String], environment: [String: String], directory: String? = nil,
    identity: Identity? = nil, timeout: Duration
  ) {
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.identity = identity
    self.timeout = timeout
  }

  /// Looked up with the command's own search path.
  func program() throws(CommandFailure) -> String {
    do throws(Executable.Failure) {
      return try Executable.find(arguments.first ?? "", path: environment["PATH"])
    } catch {
      switch error {
      case .notFound(let name): throw .notFound(name)
      case .notExecutable(let name): throw .notExecutable(name)
      }
    }
  }
}

/// Why a command has no exit status to tell of.
package enum CommandFailure: Error, Sendable, Equatable {
  case notFound(String)
  case notExecutable(String)
  case notStarted(SystemError)
  case timedOut(Duration)
  case canceled
}

package struct CommandResult: Sendable {
  package let status: ExitStatus
  /// Set when the kernel killed something for want of memory meanwhile.
  package let outOfMemory: String?
  package let elapsed: Duration
  /// Names of processes that outlived the command and were ended.
  package let leftBehind: [String]
}
