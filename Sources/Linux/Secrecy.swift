import CLinux

package enum Secrecy {
  /// Keeps children that run as the same user from reading this process's environment and memory in /proc.
  package static func hideEnvironment() { _ = clinux_forbid_dump() }
}
