import Front
import Linux
import Releases
import Supervisor

/// One start of a release, and where the front finds it.
@MainLoop
final class RunningApp {
  let release: Release
  let instance: AppInstance
  let target: Target
  private let socket: AppSocket?
  /// When this release began to serve; a restart of the same one does not change it.
  var since = Timestamp.now
  var restarts = 0
  /// What served before it.
  var replaced: (release: Int, target: Target)?

  init(_ release: Release, _ instance: AppInstance, address: SocketAddress, socket: AppSocket?) {
    self.release = release
    self.instance = instance
    self.socket = socket
    target = Target(address: address)
  }

  func forgetSocket() { socket?.remove() }
}
