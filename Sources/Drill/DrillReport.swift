import JSON
import Linux

/// The whole of a drill.
package struct DrillReport: Sendable {
  package let rows: [DrillRow]
  package let planned: Int
  package let duration: Duration
  /// Where the log of the drill's manager is, when there is a reason to read it.
  package let log: String?

  package init(rows: [DrillRow], planned: Int, duration: Duration, log: String?) {
    self.rows = rows
    self.planned = planned
    self.duration = duration
    self.log = log
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
    let place =
      log.map { " The log of the drill's Bascule is \($0); its folder stays until you remove it." } ?? ""
    return "Not as expected: \(names)\(rest).\(place)"
  }
}
