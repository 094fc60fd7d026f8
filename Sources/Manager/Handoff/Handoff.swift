import Front
import Linux
import Log
import Pipeline
import Releases
import Supervisor

/// The one way in which a release comes to serve, whoever asks for it: a deployment, RELOAD, a rollback, a
/// crash or the boot.
///
/// Beside: the new one starts next to the old and is probed; only then do requests go to it, and the old one
/// finishes what it has. In place: requests wait while the old one is stopped and the new one starts.
@MainLoop
final class Handoff {
  enum Outcome: Sendable {
    case live(Release)
    /// The target did not come up, and this one, which was live, never noticed.
    case kept(Release, because: DeployError)
    /// The target did not come up, so this one was started instead.
    case fellBack(to: Release, because: DeployError)
    /// Nothing that was tried comes up.
    case down(because: DeployError)
    /// Nothing was touched.
    case refused(DeployError)
  }

  struct Request: Sendable {
    let target: Int
    /// Tried in order when the target does not come up and nothing else is live.
    var fallbacks: [Int] = []
    /// More than one only where nothing else may serve, as at boot.
    var attempts = 1
    /// What to go on trying when nothing of it comes up; nil where nothing has ever served.
    var lastResort: Int?
    /// What is left of a deployment's time, if that is less than the health check has.
    var timeLimit: Duration?
    /// Whether an instance of it that still runs will do.
    var takesWarm = false
    /// Awaited before the target counts as live; what it returns keeps it from that.
    var whenReady: @MainLoop () async -> DeployError? = { nil }
    /// Called in the turn in which the target becomes live, so that not even its crash comes before it.
    var onLive: @MainLoop () -> Void = {}
  }

  struct Options: Sendable {
    let isInPlace: Bool
    let drainTimeout: Duration
    let holdTimeout: Duration
    let stopTimeout: Duration
    let watchTime: Duration
    /// Whether assets that the live release lacks are asked of the one before.
    let keepsAssets: Bool
  }

  let starter: AppStarter
  let places: AppPlaces
  let desk: ReleaseDesk
  let health: HealthCheck
  let site: Site
  let options: Options
  let logger: Logger

  var live: RunningApp?
  /// What served before and still runs, oldest first.
  var retirees: [Retiree] = []
  var starting: [AppInstance] = []
  /// In place: what was stopped for the switch under way.
  var stopped: RunningApp?
  /// What crashed last, so that its restart counts as one.
  var crashed: RunningApp?
  /// Held by whoever changes what is live: a return and a switch must not interleave.
  let commits = AsyncLock()
  var assetFallback: Target?
  var isClosed = false

  var switches = 0
  private(set) var failedSwitches = 0

  /// Told when an app that serves ends without having been asked to.
  var onCrash: @MainLoop (RunningApp, AppInstance.Exit) -> Void = { _, _ in }
  /// Told when one that served before has gone.
  var onRetired: @MainLoop (Release) -> Void = { _ in }

  init(
    starter: AppStarter, places: AppPlaces, desk: ReleaseDesk, health: HealthCheck, site: Site,
    options: Options, logger: Logger
  ) {
    self.starter = starter
    self.places = places
    self.desk = desk
    self.health = health
    self.site = site
    self.options = options
    self.logger = logger
  }

  /// One at a time: see `Project.exclusively`.
  func perform(_ request: Request, narrator: Narrator) async -> Outcome {
    let outcome = await attempt(request, narrator)
    if case .live = outcome { return outcome }
    failedSwitches += 1
    return outcome
  }

  private func attempt(_ request: Request, _ narrator: Narrator) async -> Outcome {
    let target: Release
    do throws(DeployError) { target = try await find(request.target) } catch { return .refused(error) }
    if request.takesWarm, let warm = warmApp(of: target.number) {
      do throws(DeployError) {
        if try await revive(warm, request.onLive) { return .live(target) }
      } catch {
        return .refused(error)
      }
    }
    if let obstacle = starter.obstacle(to: target) { return .refused(DeployError(.start, obstacle)) }
    let canceled = DeployError(.canceled, "canceled before anything was started")
    if Task.isCancelled || isClosed { return .refused(canceled) }
    if options.isInPlace {
      await site.hold()
      guard await stopLive(narrator) else { return .refused(canceled) }
    }
    let because: DeployError
    do throws(DeployError) {
      try await bringUp(target, request, narrator)
      return .live(target)
    } catch {
      because = error
    }
    if let live { return .kept(live.release, because: because) }
    // Free of this task's cancellation: the way back must not be canceled too.
    return await Task { @MainLoop in
      await self.fallBack(request.fallbacks, because: because, narrator)
    }.value
  }

  /// One that cannot be looked for may well be there.
  private func find(_ number: Int) async throws(DeployError) -> Release {
    let found: Release?
    do throws(DeployError) { found = try await desk.find(number) } catch {
      throw DeployError(error.code, "starting release \(number) failed: \(error.message)")
    }
    guard let found else { throw DeployError(.start, "there is no release \(number)") }
    return found
  }

  private func bringUp(_ target: Release, _ request: Request, _ narrator: Narrator) async throws(DeployError)
  {
    var firstError: DeployError?
    for attempt in 1...max(1, request.attempts) {
      do throws(DeployError) {
        let app = try await start(target, within: request.timeLimit, narrator)
        return try await commit(app, narrator, whenReady: request.whenReady, onLive: request.onLive)
      } catch {
        firstError = firstError ?? error
        if attempt < request.attempts {
          narrator.warn("attempt \(attempt) of \(request.attempts): \(error.message)")
        }
        // Only a crash may pass; what hangs for the whole probe time hangs again.
        if error.code != .start || Task.isCancelled { break }
      }
    }
    throw firstError ?? DeployError(.start, "release \(target.number) did not start")
  }

  private func fallBack(_ numbers: [Int], because: DeployError, _ narrator: Narrator) async -> Outcome {
    for number in numbers {
      guard let release = await desk.release(number), starter.obstacle(to: release) == nil else { continue }
      if let live { return .kept(live.release, because: because) }
      narrator.warn("\(because.message); starting release \(number) instead")
      do throws(DeployError) {
        let app = try await start(release, within: nil, narrator)
        try await commit(app, narrator, onlyIfDown: true)
        return .fellBack(to: release, because: because)
      } catch {
        narrator.warn("release \(number) does not come up either: \(error.message)")
      }
    }
    if let live { return .kept(live.release, because: because) }
    stopped = nil
    await site.refuse()
    return .down(because: because)
  }

  /// After a crash. Beside a switch that may be under way: whatever is live first stays.
  func restart(_ number: Int, narrator: Narrator) async -> Outcome {
    // Two at once is what an app in place cannot bear.
    if options.isInPlace { _ = await crashed?.instance.exit.value() }
    let release: Release
    do throws(DeployError) { release = try await find(number) } catch { return .refused(error) }
    if let obstacle = starter.obstacle(to: release) { return .refused(DeployError(.start, obstacle)) }
    do throws(DeployError) {
      let app = try await start(release, within: nil, narrator)
      try await commit(app, narrator, setsCurrent: false, onlyIfDown: true)
      return .live(release)
    } catch {
      return live.map { .kept($0.release, because: error) } ?? .down(because: error)
    }
  }

  /// Requests wait for what is about to come up.
  func hold() async { if live == nil { await site.hold() } }

  /// Nothing comes up for now.
  func refuse() async { if live == nil { await site.refuse() } }

  func signal(_ number: Int32) { live?.instance.signal(number) }
}
