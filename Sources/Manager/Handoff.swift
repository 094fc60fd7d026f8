import Linux
import Log
import Pipeline
import Releases
import Supervisor

/// The one way in which a release comes to serve, whoever asks for it: a deployment, RELOAD, a rollback, a
/// crash or the boot. In place: stop, start, probe, and back to what served before if that fails.
@MainLoop
final class Handoff {
  enum Outcome: Sendable {
    case live(Release)
    /// The target did not come up, so this one serves (again).
    case fellBack(to: Release, because: DeployError)
    /// Nothing that was tried comes up.
    case down(because: DeployError)
    /// Nothing was touched.
    case refused(DeployError)
  }

  struct Request: Sendable {
    let target: Int
    /// Tried in order when the target does not come up.
    var fallbacks: [Int] = []
    /// More than one only where nothing else may serve, as at boot.
    var attempts = 1
    /// What to go on trying when nothing of it comes up; nil where nothing has ever served.
    var lastResort: Int?
    /// What is left of a deployment's time, if that is less than the health check has.
    var timeLimit: Duration?
    /// Not for a restart: what a person has made of `current` meanwhile waits for RELOAD.
    var setsCurrent = true
    /// Awaited before the target counts as live; what it returns keeps it from that.
    var whenReady: @MainLoop () async -> DeployError? = { nil }
  }

  private let starter: AppStarter
  private let desk: ReleaseDesk
  private let health: HealthCheck
  private let port: UInt16
  private let stopTimeout: Duration
  private let logger: Logger
  private(set) var live: LiveApp?
  private var starting: AppInstance?
  private var stopping: AppInstance?
  /// What crashed last, so that its restart counts as one.
  private var crashed: LiveApp?
  private var isClosed = false
  /// Told when an app that serves ends without having been asked to.
  var onCrash: @MainLoop (LiveApp, AppInstance.Exit) -> Void = { _, _ in }

  init(
    starter: AppStarter, desk: ReleaseDesk, health: HealthCheck, port: UInt16, stopTimeout: Duration,
    logger: Logger
  ) {
    self.starter = starter
    self.desk = desk
    self.health = health
    self.port = port
    self.stopTimeout = stopTimeout
    self.logger = logger
  }

  /// One at a time: see `Project.exclusively`.
  func perform(_ request: Request, narrator: Narrator) async -> Outcome {
    guard let target = await desk.release(request.target) else {
      return .refused(DeployError(.start, "there is no release \(request.target)"))
    }
    if let obstacle = starter.obstacle(to: target) { return .refused(DeployError(.start, obstacle)) }
    if Task.isCancelled || isClosed {
      return .refused(DeployError(.canceled, "canceled before the app was stopped"))
    }

    let before = live
    await stopLive(narrator)
    var firstError: DeployError?
    for attempt in 1...max(1, request.attempts) {
      do throws(DeployError) {
        try await bringUp(target, after: before, request, narrator)
        return .live(target)
      } catch {
        firstError = firstError ?? error
        if attempt < request.attempts {
          narrator.warn("attempt \(attempt) of \(request.attempts): \(error.message)")
        }
        // Only a crash may pass; what hangs for the whole probe time hangs again.
        if error.code != .start || Task.isCancelled { break }
      }
    }
    let because = firstError ?? DeployError(.start, "release \(target.number) did not start")
    // Free of this task's cancellation: the way back must not be canceled too.
    return await Task { @MainLoop in
      await self.fallBack(request.fallbacks, after: before, because: because, narrator)
    }.value
  }

  private func fallBack(_ numbers: [Int], after before: LiveApp?, because: DeployError, _ narrator: Narrator)
    async -> Outcome
  {
    for number in numbers {
      guard let release = await desk.release(number), starter.obstacle(to: release) == nil else { continue }
      narrator.warn("\(because.message); starting release \(number) instead")
      do throws(DeployError) {
        try await bringUp(release, after: before, nil, narrator)
        return .fellBack(to: release, because: because)
      } catch {
        narrator.warn("release \(number) does not come up either: \(error.message)")
      }
    }
    return .down(because: because)
  }

  /// Starts it, waits until it is healthy, and makes it current before it counts as live.
  private func bringUp(
    _ release: Release, after before: LiveApp?, _ request: Request?, _ narrator: Narrator
  ) async throws(DeployError) {
    guard !isClosed else { throw DeployError(.canceled, "canceled: the manager is stopping") }
    // Else whoever has it would answer the probes in the app's name.
    guard !Socket.isListening(on: port) else {
      throw DeployError(
        .start,
        "release \(release.number) cannot be started: PORT \(port) is taken by another process; "
          + "end that process, or set PORT to a free one")
    }
    let appLog = logger.named("app r\(release.number)")
    let app = try starter.start(release) { appLog.info($0) }
    starting = app
    defer { starting = nil }
    narrator.info("Started release \(release.number) (pid \(app.pid)) on port \(port)")
    let patience = min(health.timeout, request?.timeLimit ?? health.timeout)
    let verdict = await health.wait(for: app, port: port, within: patience) { narrator.info($0.summary) }
    do throws(DeployError) {
      switch verdict {
      case .healthy: break
      case .exited(let exit):
        throw DeployError(
          .start, "release \(release.number) ended while it started: \(exit.explanation)",
          exitCode: exit.status.shellCode)
      case .unhealthy(let last):
        throw DeployError(.unhealthy, unhealthy(release, app, patience, last))
      case .canceled: throw DeployError(.canceled, "canceled while release \(release.number) started")
      }
      if let error = await request?.whenReady() { throw error }
      if request?.setsCurrent ?? true {
        try await desk.makeCurrent(release.number, proven: release.state == .building)
      }
    } catch {
      tell(app.lastLines, of: release, narrator)
      await app.stop(grace: stopTimeout)
      throw error
    }
    let same = [before, crashed].compactMap { $0 }.first { $0.release.number == release.number }
    live = LiveApp(
      release: release, instance: app, since: same?.since ?? .now,
      restarts: (same?.restarts ?? 0) + (before == nil && same != nil ? 1 : 0))
    crashed = nil
    follow(app)
  }

  private func unhealthy(_ release: Release, _ app: AppInstance, _ patience: Duration, _ last: ProbeResult?)
    -> String
  {
    var sentence = "release \(release.number) was not healthy within \(describe(patience))"
    if let last { sentence += " (\(last.summary))" }
    guard last?.status == nil else { return sentence }
    let ports = ListeningPorts.of(group: app.pid)
    if ports.contains(port) { return sentence }
    let found = ports.isEmpty ? "nothing" : "port " + ports.map(String.init).joined(separator: ", ")
    return sentence + "; it listens on \(found) instead of PORT=\(port): let it read process.env.PORT"
  }

  private func tell(_ lines: [String], of release: Release, _ narrator: Narrator) {
    guard !lines.isEmpty else { return }
    narrator.info("The last lines of release \(release.number):")
    for line in lines { narrator.line("stdout", line) }
  }

  private func follow(_ app: AppInstance) {
    Task { @MainLoop in
      let exit = await app.exit.value()
      guard let live = self.live, live.instance === app, !exit.wanted else { return }
      self.live = nil
      self.crashed = live
      self.onCrash(live, exit)
    }
  }

  private func stopLive(_ narrator: Narrator) async {
    guard let old = live else { return }
    live = nil
    stopping = old.instance
    defer { stopping = nil }
    narrator.info("Stopping release \(old.release.number) (pid \(old.instance.pid))")
    await old.instance.stop(grace: stopTimeout)
  }

  /// For the end of the manager: whatever runs, or is just being started, stops.
  func close(grace: Duration) async {
    isClosed = true
    let running = [live?.instance, starting, stopping].compactMap { $0 }
    live = nil
    for app in running { await app.stop(grace: grace) }
  }

  func signal(_ number: Int32) { live?.instance.signal(number) }
}
