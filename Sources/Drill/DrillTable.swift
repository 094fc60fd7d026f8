import Linux

/// The rows as text, aligned in columns.
package struct DrillTable {
  package enum Tone: Sendable { case good, bad, quiet, plain }
  package typealias Paint = (String, Tone) -> String

  private let rows: [DrillRow]

  package init(_ rows: [DrillRow]) { self.rows = rows }

  package func text(_ paint: Paint = { text, _ in text }) -> String {
    let titles = ["", "what", "expected", "seen", "time", "requests", "failed", "longest"]
    let cells = [titles] + rows.map(Self.cells)
    let widths = titles.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    var lines: [String] = []
    for (number, line) in cells.enumerated() {
      let isGood = number == 0 || rows[number - 1].isAsExpected
      let parts = line.indices.map { column in
        let text = Self.pad(line[column], to: widths[column], right: column > 3)
        return paint(text, Self.tone(column, isTitle: number == 0, isGood))
      }
      lines.append(parts.joined(separator: "  "))
      guard number > 0 else { continue }
      for difference in rows[number - 1].differences { lines.append("      " + paint(difference, .bad)) }
    }
    return lines.joined(separator: "\n")
  }

  private static func cells(_ row: DrillRow) -> [String] {
    let traffic = row.traffic
    let hasTraffic = traffic.requests > 0
    return [
      row.isAsExpected ? "ok" : "NOT", row.scenario.name, row.scenario.expected, row.seen,
      describe(row.duration), hasTraffic ? String(traffic.requests) : "-",
      hasTraffic ? String(traffic.failed) : "-", hasTraffic ? describe(traffic.longest) : "-",
    ]
  }

  private static func tone(_ column: Int, isTitle: Bool, _ isGood: Bool) -> Tone {
    if isTitle { return .quiet }
    if column == 0 || (column == 3 && !isGood) { return isGood ? .good : .bad }
    return column == 2 ? .quiet : .plain
  }

  private static func pad(_ text: String, to width: Int, right: Bool) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return right ? space + text : text + space
  }
}
