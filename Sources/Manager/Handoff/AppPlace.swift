import Glibc
import Linux
import Pipeline
import Supervisor

/// Where one start of an app is to listen.
@MainLoop
struct AppPlace {
  let port: UInt16
  /// nil where APP_ROOT is too deep for the path of a socket.
  let socket: AppSocket?
}

/// Hands out places: a port and a socket that nothing else uses.
@MainLoop
final class AppPlaces {
  /// APP_PORT: then every start has this one.
  private let fixedPort: UInt16?
  private let pool: PortPool
  private let folder: String
  private let owner: uid_t

  init(fixedPort: UInt16?, pool: PortPool, folder: String, owner: uid_t) {
    self.fixedPort = fixedPort
    self.folder = folder
    self.owner = owner
    self.pool = pool
  }

  var isFixed: Bool { fixedPort != nil }

  func next(for release: Int) throws(DeployError) -> AppPlace {
    let port = try port(for: release)
    return AppPlace(port: port, socket: AppSocket(path: "\(folder)/\(release)-\(port).sock", owner: owner))
  }

  private func port(for release: Int) throws(DeployError) -> UInt16 {
    if let fixedPort {
      // Else whoever has it would answer the probes in the app's name.
      guard !Socket.isListening(on: fixedPort) else {
        throw DeployError(
          .start,
          "release \(release) cannot be started: APP_PORT \(fixedPort) is taken by another process; "
            + "end that process, or set APP_PORT to the port that the app really listens on")
      }
      return fixedPort
    }
    if let port = pool.next() { return port }
    throw DeployError(.start, "release \(release) cannot be started: no port is free for it")
  }
}
