import Linux

/// Notices what no timer tells of: that nothing ran here for a while, and that the wall clock was set.
struct Heartbeat: Sendable {
  static let interval = Duration.seconds(2)
  /// A busy machine is a little late now and then, and clocks are put right by parts of a second.
  private static let tolerance = Duration.milliseconds(1500)

  private var last: (steady: ContinuousClock.Instant, wall: Timestamp)

  init(at steady: ContinuousClock.Instant, wall: Timestamp) { last = (steady, wall) }

  /// To be called when an interval is over; returns sentences for the log.
  mutating func beat(at steady: ContinuousClock.Instant, wall: Timestamp) -> [String] {
    let passed = steady - last.steady
    let shown = Duration.milliseconds(wall.milliseconds - last.wall.milliseconds)
    last = (steady, wall)
    var sentences: [String] = []
    if passed - Self.interval > Self.tolerance {
      sentences.append(
        "Bascule did not run for \(describe(passed - Self.interval)): it was stopped, or the machine had no time for it; "
          + "requests waited")
    }
    let jump = shown - passed
    if jump > Self.tolerance { sentences.append("the clock was set forward by \(Self.text(jump))") }
    if jump < .zero - Self.tolerance {
      sentences.append("the clock was set back by \(Self.text(.zero - jump))")
    }
    return sentences
  }

  private static func text(_ duration: Duration) -> String {
    let days = duration.components.seconds / 86_400
    return days > 1 ? "\(days) days" : describe(duration)
  }
}
