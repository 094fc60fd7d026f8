import CLinux
import Glibc

/// Every signal that can be caught, as readable events instead of handlers.
package final class Signals: Sendable {
  package let descriptor: FileDescriptor

  private init(descriptor: FileDescriptor) { self.descriptor = descriptor }

  /// Blocks them for this thread and all it will start; call before any other thread exists.
  package static func take() throws(SystemError) -> Signals {
    var mask = sigset_t()
    sigfillset(&mask)
    // SIGSEGV and its like too: one that our own code raises the kernel delivers however it is blocked.
    pthread_sigmask(SIG_SETMASK, &mask, nil)
    let raw = try systemCall("signalfd") {
      signalfd(-1, &mask, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
    }
    return Signals(descriptor: FileDescriptor(owning: raw))
  }

  /// The signals that came since the last call.
  package func pending() -> [Int32] {
    var numbers: [Int32] = []
    while true {
      var information = signalfd_siginfo()
      let count = withUnsafeMutableBytes(of: &information) { try? descriptor.read(into: $0) }
      guard count == MemoryLayout<signalfd_siginfo>.size else { return numbers }
      numbers.append(Int32(truncatingIfNeeded: information.ssi_signo))
    }
  }

  /// `SIGTERM` for 15: what a person would look up.
  package static func name(_ number: Int32) -> String {
    guard let abbreviation = clinux_signal_name(number) else { return "signal \(number)" }
    return "SIG" + String(cString: abbreviation)
  }
}
