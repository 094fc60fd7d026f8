import Glibc
import Linux
import Settings
import Supervisor

/// Rehearses on this machine, with this program, what Bascule promises.
@MainLoop
package final class Drill {
  package struct Plan: Sendable {
    package let scenarios: [Scenario]
    /// nil: the sample app of the image.
    package let app: String?
    package let environment: [String: String]
    /// This very program.
    package let program: String

    package init(scenarios: [Scenario], app: String?, environment: [String: String], program: String) {
      self.scenarios = scenarios
      self.app = app
      self.environment = environment
      self.program = program
    }
  }

  /// What could not be tidied up, in a sentence.
  package private(set) var leftover: String?

  private let plan: Plan
  private let table: ProcessTable
  private let onBegin: @MainLoop (Scenario) -> Void
  private let onEnd: @MainLoop (DrillRow) -> Void

  package init(
    _ plan: Plan, table: ProcessTable, onBegin: @escaping @MainLoop (Scenario) -> Void,
    onEnd: @escaping @MainLoop (DrillRow) -> Void
  ) {
    self.plan = plan
    self.table = table
    self.onBegin = onBegin
    self.onEnd = onEnd
  }

  /// Whatever happens, nothing of it runs any more when this returns or throws; the folder stays only where
  /// something was not as expected.
  package func run() async throws -> DrillReport {
    let started = ContinuousClock.Instant.now
    let source = try Self.source(plan.app)
    let parent = plan.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    // The app's user has to read what is made here.
    umask(0o022)
    let scratch = try ScratchFolder(in: parent)
    let runner = CommandRunner(table: table, marks: Marks(root: scratch.path), memory: nil)
    var stage: Stage?
    var rows: [DrillRow] = []
    var failure: (any Error)?
    do {
      let made = try await build(source, scratch, runner)
      stage = made
      for scenario in plan.scenarios {
        onBegin(scenario)
        let row = try await made.play(scenario)
        rows.append(row)
        onEnd(row)
        if !made.canGoOn(after: row) { break }
      }
    } catch {
      failure = error
    }
    let end = ContinuousClock.Instant.now
    let isWorthReading = failure == nil && !rows.allSatisfy(\.isAsExpected)
    let environment = plan.environment
    // Free of this task's cancellation: an interrupted drill tidies up as well.
    leftover = await Task { @MainLoop [stage] in
      await stage?.leave()
      return isWorthReading ? nil : await scratch.remove(runner, environment)
    }.value
    if let failure { throw failure }
    return DrillReport(
      rows: rows, planned: plan.scenarios.count, duration: end - started,
      log: isWorthReading ? stage?.manager.log : nil)
  }

  private static func source(_ app: String?) throws -> String {
    let path = app ?? Repository.sampleApp.address
    guard Files.resolvedKind(path) == .directory, let real = realpath(path, nil) else {
      throw DrillError(
        app == nil
          ? "There is no sample app at \(path). Give the folder or repository of an app: --app PATH."
          : "There is no folder \"\(path)\": --app takes the folder or the repository of an app.")
    }
    defer { free(real) }
    return String(cString: real)
  }

  private func build(_ source: String, _ scratch: ScratchFolder, _ runner: CommandRunner) async throws
    -> Stage
  {
    let ports = try DrillPorts.two()
    let isOwnApp = plan.app != nil
    let repository = scratch.path + "/repository"
    let environment = DrillEnvironment(
      from: plan.environment, isOwnApp: isOwnApp, scratch: scratch.path, repository: repository, ports: ports)
    var surroundings = Surroundings.process
    surroundings.environment = environment.manager
    let settings = try Settings.load(from: surroundings)
    if case .inPlace(let port?) = settings.handoff, Socket.isListening(on: port) {
      throw DrillError(
        "APP_PORT is \(port), and somebody listens there already: an app that insists on its port can only "
          + "be rehearsed where it does not run.")
    }
    try scratch.open(to: settings.appUser)
    let app = RehearsalApp(
      at: repository, in: scratch.path, runner: runner, environment: environment.manager,
      scripts: environment.scripts)
    try await app.make(of: source)
    let manager = DrillManager(
      program: plan.program, environment: environment.manager, scratch: scratch.path, table: table)
    let target = Traffic.Target(
      port: ports.app, path: settings.healthCheck.path ?? "/", lowestBadStatus: isOwnApp ? 500 : 300)
    return Stage(
      app: app, manager: manager, traffic: Traffic(target), target: target, settings: settings,
      releases: scratch.path + "/app/releases")
  }
}
