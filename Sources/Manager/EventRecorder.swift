import History
import JSON
import Linux
import Log
import Pipeline

/// Hears a deployment's events first: masks them, keeps them, and repeats them in the container's log.
@MainLoop
final class EventRecorder {
  let log: DeploymentLog
  private let redactor: Redactor
  private let logger: Logger
  private var writer = LogLineWriter()
  private var repeatedLines = 0

  /// A build's output is in the record whole; the container's log gets this much of it.
  private static let repeatedLimit = 5000

  init(deployment: Int64, log: DeploymentLog, redactor: Redactor, logger: Logger) {
    self.log = log
    self.redactor = redactor
    self.logger = logger.named("deploy #\(deployment)")
  }

  /// What is told of a deployment passes here.
  func makeNarrator() -> Narrator { Narrator(lines: { self.record($0) }, sink: { self.record($0) }) }

  func record(_ event: DeploymentEvent) {
    var event = event
    // Before it becomes JSON, which spells some characters of a secret differently; and again when what was between
    // the characters of one is gone.
    event.message = redactor.mask(PrintableText.sentence(redactor.mask(event.message)))
    log.append(event.json.text, essential: event.kind != .log)
    switch event.kind {
    case .end: break
    case .error: logger.error(event.message)
    case .warn: logger.warn(event.message)
    case .log: repeatLine(event.message)
    default: logger.info(event.message)
    }
  }

  /// The way of a build's every line: nothing is made for it, and it is copied once, into what goes to the disk.
  func record(_ line: LogLine) {
    redactor.mask(line.text) { text in
      var masked = line
      masked.text = text
      log.append(essential: false) { writer.write(masked, to: &$0) }
      if repeatedLines < Self.repeatedLimit { repeatLine(String(decoding: text, as: UTF8.self)) }
    }
  }

  private func repeatLine(_ line: String) {
    repeatedLines += 1
    if repeatedLines < Self.repeatedLimit {
      logger.info("  " + line)
    } else if repeatedLines == Self.repeatedLimit {
      logger.info("  … the rest of the output is only in the deployment's own log")
    }
  }
}
