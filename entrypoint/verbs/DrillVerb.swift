import Drill
import Glibc
import JSON
import Linux
import Log
import Settings
import Supervisor

/// `bascule drill`: in two processes, so that nothing outlives it. The outer one waits, passes signals on and ends
/// what the inner one may leave; the inner one rehearses, and tidies up when it is interrupted or the outer one
/// is killed.
enum DrillVerb {
  private static let inner = "--inner"

  static func perform(_ words: [String]) throws -> Int32 {
    let arguments = try Arguments(
      words, flags: ["--success", "--failure", "--json", inner], values: ["--app"])
    if arguments.has("--success"), arguments.has("--failure") {
      throw UsageError("--success and --failure exclude each other; without both, all is rehearsed")
    }
    let settings = try BasicSettings.load()
    let signals = try Signals.take()
    EventLoop.main.becomeOnlyExecutor()
    // The name that `ps` shows, while the file is where it was.
    let link = Files.linkTarget("/proc/self/exe")
    let program = link.flatMap { Files.kind($0) == .file ? $0 : nil } ?? "/proc/self/exe"
    if arguments.has(inner) {
      return try MainLoop.assumeIsolated {
        try rehearse(arguments, settings.environment, program, signals)
      }
    }
    return try MainLoop.assumeIsolated {
      let log = Log(format: .text, redactor: Redactor([]), descriptor: STDERR_FILENO)
      let code = try Init(
        arguments: [program, "drill"] + words + [inner],
        environment: DrillEnvironment.needed(of: settings.environment), grace: .seconds(20),
        logger: Logger(log, source: "drill")
      ).run(signals: signals)
      log.flush()
      return code
    }
  }

  @MainLoop
  private static func rehearse(
    _ arguments: Arguments, _ environment: [String: String], _ program: String, _ signals: Signals
  ) throws -> Int32 {
    PIDOne.askForTermAtParentsEnd()
    PIDOne.becomeReaper()
    let table = ProcessTable()
    let asJSON = arguments.has("--json")
    let progress = DrillProgress(Colors(environment), isSilent: asJSON)
    let scenarios =
      arguments.has("--success")
      ? Scenario.successes : arguments.has("--failure") ? Scenario.failures : Scenario.allCases
    let drill = Drill(
      Drill.Plan(
        scenarios: scenarios, app: arguments["--app"], environment: environment, program: program),
      table: table, onBegin: { progress.begin($0) }, onEnd: { progress.end($0) })
    let outcome = Outcome()
    let task = Task { @MainLoop in
      do {
        outcome.report = try await drill.run()
      } catch {
        outcome.error = error
      }
      outcome.leftover = drill.leftover
      progress.stop()
      EventLoop.main.stop()
    }
    _ = try EventLoop.main.add(signals.descriptor.raw, .read) { _ in
      for number in signals.pending() {
        if number == SIGCHLD { table.reap() }
        guard [SIGINT, SIGTERM, SIGHUP, SIGQUIT].contains(number) else { continue }
        outcome.signal = outcome.signal ?? number
        task.cancel()
      }
    }
    EventLoop.main.run()
    return try tell(outcome, progress, asJSON: asJSON)
  }

  @MainLoop
  private static func tell(_ outcome: Outcome, _ progress: DrillProgress, asJSON: Bool) throws -> Int32 {
    if let signal = outcome.signal, outcome.report == nil {
      let rest = outcome.leftover ?? "Nothing of it is left."
      Terminal.error("The drill was interrupted by \(Signals.name(signal)). \(rest)")
      return 128 + signal
    }
    if let leftover = outcome.leftover { Terminal.error(leftover) }
    if let error = outcome.error as? DrillError {
      Terminal.error(error.message)
      return ExitCode.failed
    }
    if let error = outcome.error { throw error }
    guard let report = outcome.report else { return ExitCode.failed }
    if asJSON {
      Terminal.print(report.json.text)
      if !report.isAsExpected { Terminal.error(report.sentence) }
    } else {
      progress.show(report)
    }
    return report.isAsExpected ? ExitCode.done : ExitCode.failed
  }

  @MainLoop
  private final class Outcome {
    var report: DrillReport?
    var error: (any Error)?
    var leftover: String?
    var signal: Int32?
  }
}
