import Glibc
import JSON
import Linux

/// The last line of a terminal while a deployment is followed: its phase and how long it has taken.
struct LiveLine {
  private let isOn: Bool
  private let started = ContinuousClock.Instant.now
  private var phase: String
  private var isShown = false

  init(isOn: Bool, phase: String = "") {
    self.isOn = isOn
    self.phase = phase
  }

  mutating func note(_ event: JSONNode) {
    if event["type"]?.string == "phase" { phase = event["message"]?.string ?? "" }
  }

  /// Before anything else is printed.
  mutating func clear() {
    guard isShown else { return }
    isShown = false
    Terminal.write("\r\u{1b}[K")
  }

  mutating func show() {
    guard isOn else { return }
    let seconds = (ContinuousClock.Instant.now - started).components.seconds
    let time = seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
    isShown = true
    Terminal.write("\r\u{1b}[K\u{1b}[36m… \(phase.isEmpty ? "waiting" : phase) · \(time)\u{1b}[0m")
  }
}
