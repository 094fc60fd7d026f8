import Linux
import Releases
import Supervisor

/// The release that serves, and the process that does.
@MainLoop
struct LiveApp {
  let release: Release
  let instance: AppInstance
  /// When this release began to serve; restarts do not change it.
  let since: Timestamp
  var restarts = 0
}

/// The time after a switch in which a release still has to prove itself.
struct Probation: Sendable {
  let until: ContinuousClock.Instant
  /// Whom to go back to, best first.
  let fallbacks: [Int]
  /// How many more crashes are forgiven.
  var strikes: Int
  /// The deployment that is on trial.
  let deployment: Int64?
}
