import Drill
import JSON
import Testing

@Suite struct TableTests {
  private var goodRow: DrillRow {
    var sight = Sight(before: 1)
    sight.deployment = .init(state: "success", release: 2)
    sight.live = 2
    sight.traffic.requests = 420
    sight.traffic.longest = .milliseconds(12)
    return DrillRow(.good, sight, took: .milliseconds(1310))
  }

  private var badRow: DrillRow {
    var sight = Sight(before: 2)
    sight.deployment = .init(state: "success", release: 3)
    sight.live = 3
    sight.traffic.requests = 7
    sight.traffic.failed = 2
    sight.traffic.firstFailure = "connection refused"
    return DrillRow(.brokenBuild, sight, took: .milliseconds(90))
  }

  private func report(_ rows: [DrillRow], planned: Int, log: String? = nil) -> DrillReport {
    DrillReport(rows: rows, planned: planned, duration: .seconds(9), log: log)
  }

  @Test func `columns are aligned, and what differs is told below its row`() {
    let text = DrillTable([goodRow, badRow]).text()
    #expect(
      text == """
             what             expected                     seen               time  requests  failed  longest
        ok   good deployment  new release serves           release 2 serves  1.3 s       420       0    12 ms
        NOT  broken build     failed in build, old serves  release 3 serves  90 ms         7       2     0 ms
              The deployment should end as failed, and ended as success.
              Release 2 should serve on; release 3 does.
              2 of 7 requests failed. The first: connection refused.
        """)
  }

  @Test func `colours change nothing about the columns`() {
    let painted = DrillTable([goodRow, badRow]).text { text, _ in "<\(text)>" }
    let plain = painted.filter { $0 != "<" && $0 != ">" }
    #expect(plain == DrillTable([goodRow, badRow]).text())
    #expect(painted.contains("<ok "))
  }

  @Test func `one sentence sums it up`() {
    #expect(report([goodRow], planned: 1).sentence == "It went as expected, in 9 s.")
    #expect(report([goodRow, goodRow], planned: 2).sentence == "All 2 went as expected, in 9 s.")
    let bad = report([goodRow, badRow], planned: 5, log: "/tmp/x/bascule.log")
    #expect(!bad.isAsExpected)
    #expect(
      bad.sentence == "Not as expected: broken build; 3 more were not tried. "
        + "The log of the drill's Bascule is /tmp/x/bascule.log; its folder stays until you remove it.")
  }

  @Test func `the object holds every row in full`() throws {
    let node = try JSONDocument(text: report([goodRow, badRow], planned: 2).json.text).root
    #expect(node["asExpected"]?.bool == false)
    let rows = node["rows"]?.elements ?? []
    #expect(rows.count == 2)
    #expect(
      rows.first?.members.map(\.key) == [
        "name", "expected", "seen", "asExpected", "durationMs", "requests", "failed", "longestMs",
      ])
    #expect(rows.first?["durationMs"]?.int == 1310)
    #expect(rows.first?["longestMs"]?.int == 12)
    #expect(rows.last?["asExpected"]?.bool == false)
    #expect(rows.last?["failed"]?.int == 2)
  }

  @Test func `a drill that broke off is not as expected, however good its rows`() {
    #expect(!report([goodRow], planned: 2).isAsExpected)
  }
}
