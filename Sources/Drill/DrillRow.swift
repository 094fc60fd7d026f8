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
