import Linux

/// Counts what clients see of one scenario: every request that began in it, whenever it ends.
@MainLoop
package final class Tally {
  package struct Counts: Sendable {
    package var requests = 0
    package var failed = 0
    package var longest = Duration.zero
    /// From the first failure to the last, by a `RunningClock`.
    package var failedFor = Duration.zero
    package var firstFailure: String?

    package init() {}
  }

  private(set) var counts = Counts()
  private var open = 0
  private var firstFailure: ContinuousClock.Instant?
  private var settled = Once<Void>()

  package init() {}

  func began() {
    open += 1
    if settled.isFinished { settled = Once() }
  }

  /// `failure`: what was wrong with the answer.
  package func ended(after elapsed: Duration, failure: String?, at time: ContinuousClock.Instant) {
    counts.requests += 1
    counts.longest = max(counts.longest, elapsed)
    if let failure {
      counts.failed += 1
      counts.firstFailure = counts.firstFailure ?? failure
      let first = firstFailure ?? time
      firstFailure = first
      counts.failedFor = time - first
    }
    open -= 1
    if open <= 0 { settled.finish(()) }
  }

  /// Waits for what is under way.
  func settle() async -> Counts {
    // Long enough for any of them: a client gives up sooner.
    if open > 0 { _ = await settled.value(within: .seconds(60)) }
    return counts
  }
}
