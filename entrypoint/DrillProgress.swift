import Drill
import Linux

/// A drill on the terminal: a line for each scenario as it goes on, the table in the end.
@MainLoop
final class DrillProgress {
  private let colors: Colors
  private let isSilent: Bool
  private var line = LiveLine(isOn: false)
  private var timer: TimerToken?

  init(_ colors: Colors, isSilent: Bool) {
    self.colors = colors
    self.isSilent = isSilent
  }

  func begin(_ scenario: Scenario) {
    if isSilent { return }
    line = LiveLine(isOn: colors.isOn, phase: scenario.name)
    tick()
  }

  func end(_ row: DrillRow) {
    stop()
    if isSilent { return }
    let mark = row.isAsExpected ? colors.paint("ok", .green) : colors.paint("NOT as expected", .red)
    Terminal.print("\(row.scenario.name): \(mark), \(describe(row.duration))")
  }

  func stop() {
    timer?.cancel()
    timer = nil
    line.clear()
  }

  func show(_ report: DrillReport) {
    let table = DrillTable(report.rows).text { text, tone in
      switch tone {
      case .good: colors.paint(text, .green)
      case .bad: colors.paint(text, .red)
      case .quiet: colors.paint(text, .gray)
      case .plain: text
      }
    }
    Terminal.print("\n\(table)\n")
    Terminal.print(colors.paint(report.sentence, report.isAsExpected ? .green : .red, bold: true))
  }

  private func tick() {
    line.show()
    timer = EventLoop.main.after(.milliseconds(250)) { [weak self] in self?.tick() }
  }
}
