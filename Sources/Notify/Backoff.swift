import Linux

/// When to try again.
struct Backoff: Sendable {
  static let steps: [Duration] = [.seconds(5), .seconds(30), .seconds(120), .seconds(600), .seconds(3600)]
  static let longest = Duration.seconds(3600)
  /// After that nobody wants to hear of it any more.
  static let patience = Duration.seconds(24 * 3600)

  /// `jitter`, 0 to 1, spreads out what failed together.
  static func delay(afterAttempts attempts: Int, atLeast asked: Duration?, jitter: Double) -> Duration {
    let step = steps[max(0, min(attempts - 1, steps.count - 1))]
    let base = max(step, min(asked ?? .zero, longest))
    return base + .milliseconds(Int64(Double(base.milliseconds) * 0.2 * min(max(jitter, 0), 1)))
  }
}
