import CLinux
import Linux

/// How a process ended.
package enum ExitStatus: Sendable, Equatable, CustomStringConvertible {
  case code(Int32)
  case signal(Int32)

  init(waitStatus: Int32) {
    self =
      clinux_exited(waitStatus) != 0
      ? .code(clinux_exit_code(waitStatus)) : .signal(clinux_term_signal(waitStatus))
  }

  package var isSuccess: Bool { self == .code(0) }

  /// What a shell would report, and what `init` exits with.
  package var shellCode: Int32 {
    switch self {
    case .code(let code): code
    case .signal(let number): 128 &+ number
    }
  }

  package var description: String {
    switch self {
    case .code(127): "exit code 127 (a command was not found)"
    case .code(126): "exit code 126 (a command is not executable)"
    case .code(let code): "exit code \(code)"
    case .signal(let number): "killed by \(Signals.name(number)) (exit code \(128 &+ number))"
    }
  }
}
