/// How far a release that takes over is trusted.
struct Trial: Sendable {
  /// Whom to go back to, best first.
  let fallbacks: [Int]
  /// How many crashes are forgiven.
  var strikes = 0
  /// The deployment that is on trial.
  var deployment: Int64?
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
