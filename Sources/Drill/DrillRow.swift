import JSON
import Linux

/// One scenario and what came of it.
package struct DrillRow: Sendable {
  package let scenario: Scenario
  package let seen: String
  /// What was not as expected, in sentences.
  package let differences: [String]
  package let duration: Duration
  package let traffic: Tally.Counts

  package init(_ scenario: Scenario, _ sight: Sight, took duration: Duration) {
    self.scenario = scenario
    self.duration = duration
    seen = scenario.seen(sight)
    differences = scenario.differences(sight)
    traffic = sight.traffic
  }

  package var isAsExpected: Bool { differences.isEmpty }

  var json: JSONValue {
    [
      "name": .string(scenario.name), "expected": .string(scenario.expected), "seen": .string(seen),
      "asExpected": .bool(isAsExpected), "durationMs": .int(duration.milliseconds),
      "requests": .int(Int64(traffic.requests)), "failed": .int(Int64(traffic.failed)),
      "longestMs": .int(traffic.longest.milliseconds),
    ]
  }
}

/// The whole of a drill.
package struct DrillReport: Sendable {
  package let rows: [DrillRow]
  package let planned: Int
  package let duration: Duration
  /// Where the log of the drill's manager is, when there is a reason to read it.
  package let log: String?
  /// What could not be tidied up.
  package let leftover: String?

  package init(rows: [DrillRow], planned: Int, duration: Duration, log: String?, leftover: String?) {
    self.rows = rows
    self.planned = planned
    self.duration = duration
    self.log = log
    self.leftover = leftover
  }

  package var isAsExpected: Bool { rows.count == planned && rows.allSatisfy(\.isAsExpected) }

  package var json: JSONValue {
    ["rows": .array(rows.map(\.json)), "asExpected": .bool(isAsExpected)]
  }

  package var sentence: String {
    if isAsExpected {
      let scenarios = rows.count == 1 ? "It went" : "All \(rows.count) went"
      return "\(scenarios) as expected, in \(describe(duration))."
    }
    let names = rows.filter { !$0.isAsExpected }.map(\.scenario.name).joined(separator: ", ")
    let missing = planned - rows.count
    let rest = missing > 0 ? "; \(missing) more \(missing == 1 ? "was" : "were") not tried" : ""
    let place = log.map { " The log of the drill's Bascule is \($0)." } ?? ""
    return "Not as expected: \(names)\(rest).\(place)"
  }
}
