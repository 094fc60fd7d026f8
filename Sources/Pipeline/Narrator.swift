import Linux

/// Speaks a deployment's events, knowing which phase and step they belong to.
@MainLoop
package final class Narrator {
  private let sink: @MainLoop (DeploymentEvent) -> Void
  private let lines: @MainLoop (LogLine) -> Void
  private var phase: Phase?
  private var phaseStarted = ContinuousClock.Instant.now
  package var step: String?
  package private(set) var durations: [(phase: Phase, duration: Duration)] = []

  /// `lines` takes what commands print, where there may be much of it; without it a line is an event like others.
  package init(
    lines: (@MainLoop (LogLine) -> Void)? = nil, sink: @escaping @MainLoop (DeploymentEvent) -> Void
  ) {
    self.sink = sink
    self.lines = lines ?? { sink($0.event) }
  }

  package func begin(_ phase: Phase) {
    self.phase = phase
    step = nil
    phaseStarted = .now
    say(.phase, "\(phase.rawValue)/\(Phase.allCases.count) - \(phase.title)")
  }

  package func endPhase(_ what: String) {
    guard let phase else { return }
    let duration = ContinuousClock.Instant.now - phaseStarted
    durations.append((phase, duration))
    say(.success, "Phase \(phase.rawValue) done in \(describe(duration)): \(what)")
  }

  package func info(_ message: String) { say(.info, message) }
  package func warn(_ message: String) { say(.warn, message) }
  package func success(_ message: String) { say(.success, message) }

  package func line(_ stream: String, _ text: UnsafeRawBufferPointer) {
    lines(LogLine(text, stream: stream, phase: phase, step: step, at: .now))
  }

  package func line(_ stream: String, _ text: String) {
    var text = text
    text.withUTF8 { line(stream, UnsafeRawBufferPointer($0)) }
  }

  package func failed(_ error: DeployError) {
    var event = event(.error, error.message)
    event.code = error.exitCode ?? 1
    event.error = error.code.rawValue
    sink(event)
  }

  package func completed(_ message: String) {
    var event = event(.complete, message)
    event.code = 0
    sink(event)
  }

  package func ended(code: Int32) {
    var event = DeploymentEvent(.end, "")
    event.code = code
    sink(event)
  }

  package func say(_ kind: DeploymentEvent.Kind, _ message: String) { sink(event(kind, message)) }

  private func event(_ kind: DeploymentEvent.Kind, _ message: String) -> DeploymentEvent {
    var event = DeploymentEvent(kind, message)
    event.phase = phase
    event.step = step
    return event
  }
}
