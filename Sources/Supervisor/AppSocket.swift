import CLinux
import Glibc
import Linux

/// A unix socket that an app may make, at a path in a folder where the app's user may do what it likes.
///
/// So it is never reached by that path: a link put there would send the front's requests, which are root's, to any
/// socket of the machine. What is opened is looked at, and then reached through the descriptor.
@MainLoop
package final class AppSocket {
  package let path: String
  private let owner: uid_t
  private var opened: FileDescriptor?

  /// What a sockaddr_un holds, with some room.
  package static let longestPath = 100

  /// nil where the path is too long for an app to bind.
  package init?(path: String, owner: uid_t) {
    guard path.utf8.count <= Self.longestPath else { return nil }
    self.path = path
    self.owner = owner
  }

  /// Where it can be connected to, if the app has made it. Stays so until `remove`.
  func address() -> SocketAddress? {
    guard let file = try? FileDescriptor.open(path, clinux_o_path | O_NOFOLLOW) else { return nil }
    var status = stat()
    guard fstat(file.raw, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK, status.st_uid == owner else {
      return nil
    }
    opened = file
    return .unix("/proc/self/fd/\(file.raw)")
  }

  /// For when the app is gone. A connection may still be on its way there, so the number is not given to another
  /// file at once.
  package func remove() {
    unlink(path)
    guard let file = opened else { return }
    opened = nil
    EventLoop.main.after(.seconds(10)) { file.close() }
  }
}
