import Linux

/// A clock that stands still while nothing here runs, as on a machine that has been suspended or has others to serve:
/// that time is nobody's fault. Whoever uses it has to `run` it.
@MainLoop
package final class RunningClock {
  private static let interval = Duration.milliseconds(50)
  /// A busy machine is a little late now and then.
  private static let tolerance = Duration.milliseconds(200)

  private var last: ContinuousClock.Instant
  private var lost = Duration.zero

  package init(at start: ContinuousClock.Instant = .now) { last = start }

  /// Looks at the time until it is canceled.
  func run() async {
    while !Task.isCancelled {
      _ = time(at: .now)
      await MainLoop.sleep(for: Self.interval)
    }
  }

  var now: ContinuousClock.Instant { time(at: .now) }

  package func time(at moment: ContinuousClock.Instant) -> ContinuousClock.Instant {
    let late = moment - last - Self.interval
    if late > Self.tolerance { lost += late }
    last = moment
    return moment - lost
  }
}
