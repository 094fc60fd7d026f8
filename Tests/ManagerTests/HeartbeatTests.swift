import Linux
import Testing

@testable import Manager

@Suite struct HeartbeatTests {
  /// What is said after so many milliseconds by the steady clock and by the wall's.
  private func said(_ steady: Int, _ wall: Int) -> [String] {
    let start = ContinuousClock.now
    var heartbeat = Heartbeat(at: start, wall: Timestamp(milliseconds: 1_000_000_000))
    return heartbeat.beat(
      at: start + .milliseconds(steady), wall: Timestamp(milliseconds: 1_000_000_000 + Int64(wall)))
  }

  @Test(arguments: [(2000, 2000), (2400, 2400), (3400, 3300), (2000, 3000), (2000, 900)])
  func `a little late, and a clock put right, are not worth a word`(steady: Int, wall: Int) {
    #expect(said(steady, wall) == [])
  }

  @Test func `a stop is told with its length`() {
    let sentences = said(12_000, 12_000)
    #expect(sentences.count == 1)
    #expect(sentences.first?.contains("did not run for 10 s: it was stopped") == true)
  }

  @Test(arguments: [
    (3600_000, "the clock was set forward by 60 min"),
    (400 * 86_400_000, "the clock was set forward by 400 days"),
    (-3600_000, "the clock was set back by 60 min"),
    (-400 * 86_400_000, "the clock was set back by 400 days"),
  ])
  func `a jump of the clock is told with its direction`(jump: Int, sentence: String) {
    #expect(said(2000, 2000 + jump) == [sentence])
  }

  @Test func `what was told once is not told again`() {
    let start = ContinuousClock.now
    var heartbeat = Heartbeat(at: start, wall: Timestamp(milliseconds: 0))
    #expect(heartbeat.beat(at: start + .seconds(20), wall: Timestamp(milliseconds: 90_000)).count == 2)
    #expect(heartbeat.beat(at: start + .seconds(22), wall: Timestamp(milliseconds: 92_000)) == [])
  }
}
