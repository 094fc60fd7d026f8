import CLinux
import Synchronization

/// How many files may be open at once: every client of the front is one.
package enum DescriptorLimit {
  private static let before = Atomic<UInt64>(0)

  /// As many as this process may grant itself. Children get what it had: some programs walk through all the
  /// descriptors that there could be.
  package static func raise() {
    let limit = clinux_raise_descriptor_limit()
    // A second call would take the raised one for theirs.
    _ = before.compareExchange(expected: 0, desired: limit, ordering: .relaxed)
  }

  static var ofChildren: UInt64 { before.load(ordering: .relaxed) }
}
