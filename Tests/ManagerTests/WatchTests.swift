import Front
import Testing

@testable import Manager

@Suite struct WatchTests {
  private let start = ContinuousClock.now
  private var end: ContinuousClock.Instant { start + .seconds(10) }

  private func tally(_ failures: Int, of requests: Int) -> Tally {
    var tally = Tally()
    tally.requests = requests
    tally.failures = failures
    return tally
  }

  private func verdict(
    _ failures: Int, of requests: Int, before: (Int, of: Int) = (0, of: 1000), after seconds: Int = 1
  ) -> Watch.Verdict {
    Watch(before: tally(before.0, of: before.of), until: end)
      .verdict(on: tally(failures, of: requests), at: start + .seconds(seconds))
  }

  private func goesBack(_ verdict: Watch.Verdict) -> Bool {
    if case .goBack = verdict { true } else { false }
  }

  @Test(arguments: [(0, 0), (0, 1000), (4, 4), (10, 100), (100, 1000)])
  func `few failures, or few among many, are let pass`(failures: Int, requests: Int) {
    #expect(verdict(failures, of: requests) == .goOn)
  }

  @Test(arguments: [(5, 5), (5, 49), (11, 100), (101, 1000), (1000, 1000)])
  func `more than a tenth is too much`(failures: Int, requests: Int) {
    #expect(goesBack(verdict(failures, of: requests)))
  }

  @Test func `what the release before did as well is not held against the new one`() {
    // A fifth before: up to a half.
    #expect(verdict(50, of: 100, before: (20, of: 100)) == .goOn)
    #expect(goesBack(verdict(51, of: 100, before: (20, of: 100))))
    #expect(verdict(100, of: 100, before: (500, of: 1000)) == .goOn)
  }

  @Test func `a release before that nobody asked is no excuse`() {
    #expect(goesBack(verdict(5, of: 20, before: (0, of: 0))))
  }

  @Test func `when the time is over it has passed, unless it is bad at the last look`() {
    #expect(verdict(0, of: 100, after: 9) == .goOn)
    #expect(verdict(0, of: 100, after: 10) == .passed)
    #expect(goesBack(verdict(90, of: 100, after: 11)))
  }

  @Test func `the reason has the numbers of both`() {
    #expect(
      verdict(7, of: 20, before: (3, of: 900))
        == .goBack(
          because: "7 of 20 requests failed (35 %); of the release before, 3 of 900 (0 %)"))
  }

  @Test func `failures that are counted before their requests do no harm`() {
    #expect(goesBack(verdict(6, of: 0)))
    #expect(verdict(6, of: 5, before: (9, of: 0)) == .goOn)
  }
}
