/// How long to wait before a crashed app is started again: at once after a long life, ever longer in a loop.
package struct RestartPolicy: Sendable {
  private var crashes = 0

  package init() {}

  /// `lifetime`: how long the app had been up.
  package mutating func delay(afterLifeOf lifetime: Duration) -> Duration {
    if lifetime > .seconds(60) { crashes = 0 }
    crashes += 1
    if crashes == 1 { return .zero }
    return min(.milliseconds(250) * (1 << min(crashes - 2, 10)), .seconds(30))
  }
}
