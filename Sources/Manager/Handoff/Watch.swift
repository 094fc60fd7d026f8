import Front

/// Whether a release that has just taken over may stay: what it answers, held against the release before.
///
/// An app has its own share of errors; more than twice of that, and a tenth of all requests on top, is the new
/// release's doing. Few errors prove nothing.
struct Watch: Sendable {
  enum Verdict: Equatable {
    case goOn
    /// The time is over.
    case passed
    case goBack(because: String)
  }

  private let before: Tally
  private let until: ContinuousClock.Instant

  private static let fewest = 5
  private static let margin = 0.1

  init(before: Tally, until: ContinuousClock.Instant) {
    self.before = before
    self.until = until
  }

  func verdict(on now: Tally, at time: ContinuousClock.Instant) -> Verdict {
    let isBad =
      now.failures >= Self.fewest && Self.share(now) > Self.margin + 2 * Self.share(before)
    if isBad { return .goBack(because: Self.describe(now, before)) }
    return time >= until ? .passed : .goOn
  }

  private static func share(_ tally: Tally) -> Double {
    // A failure is also a request: a count that says otherwise is on its way.
    tally.failures == 0 ? 0 : Double(tally.failures) / Double(max(tally.requests, tally.failures))
  }

  private static func describe(_ now: Tally, _ before: Tally) -> String {
    func percent(_ tally: Tally) -> String { "\(Int((share(tally) * 100).rounded())) %" }
    return "\(now.failures) of \(now.requests) requests failed (\(percent(now))); "
      + "of the release before, \(before.failures) of \(before.requests) (\(percent(before)))"
  }
}
