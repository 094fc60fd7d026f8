import Front
import Linux
import Log
import Pipeline
import Releases
import Supervisor

/// What changes which app is live. Each takes `commits` and looks again at what it decides on.
extension Handoff {
  /// Makes a healthy app current, then live; one that may not become so is stopped.
  func commit(
    _ app: RunningApp, _ narrator: Narrator, setsCurrent: Bool = true, onlyIfDown: Bool = false,
    whenReady: @MainLoop () async -> DeployError? = { nil }, onLive: @MainLoop () -> Void = {}
  ) async throws(DeployError) {
    do throws(DeployError) {
      if let error = await whenReady() { throw error }
      await commits.lock()
      defer { commits.unlock() }
      if isClosed || Task.isCancelled {
        throw DeployError(.canceled, "canceled before requests went to release \(app.release.number)")
      }
      if onlyIfDown, let live {
        throw DeployError(.canceled, "release \(live.release.number) is live meanwhile")
      }
      if app.instance.ended.isFinished {
        let exit = await app.instance.ended.value()
        throw DeployError(
          .start, "release \(app.release.number) ended before it took over: \(exit.explanation)",
          exitCode: exit.status.shellCode)
      }
      if setsCurrent { try await desk.makeCurrent(app.release.number) }
      let old = live
      await switchOver(to: app, onLive)
      if let old {
        let (one, other) =
          old.release.number == app.release.number
          ? ("the new start of release \(app.release.number)", "the old one")
          : ("release \(app.release.number)", "release \(old.release.number)")
        narrator.info(
          "Requests go to \(one); \(other) has \(describe(options.drainTimeout)) to finish what it has begun")
      }
      if setsCurrent { await note(app.release) }
    } catch {
      if error.code != .canceled { tell(app.instance, of: app.release, narrator) }
      await app.instance.stop(grace: options.stopTimeout)
      starting.removeAll { $0 === app.instance }
      throw error
    }
  }

  /// Goes back to one that still runs, without a start. False: it is just being stopped.
  func revive(_ app: RunningApp, _ onLive: @MainLoop () -> Void) async throws(DeployError) -> Bool {
    await commits.lock()
    defer { commits.unlock() }
    guard !isClosed, let retiree = reclaim(app) else { return false }
    do throws(DeployError) {
      try await desk.makeCurrent(app.release.number)
    } catch {
      retire(app, warmUntil: retiree.warmUntil)
      throw error
    }
    await switchOver(to: app, onLive)
    await note(app.release)
    return true
  }

  /// After the switch: the ledger would only keep clients waiting.
  private func note(_ release: Release) async {
    if let failure = await desk.noteCurrent(release.number) { logger.warn(failure) }
  }

  /// Away from a release that crashed or answers badly, to the one before that is still warm. False: something
  /// else has become live meanwhile, or the warm one has gone.
  func goBack(to app: RunningApp, from bad: RunningApp) async -> Bool {
    await commits.lock()
    defer { commits.unlock() }
    let hasCrashed = live == nil && crashed === bad
    guard !isClosed, hasCrashed || live === bad, reclaim(app) != nil else { return false }
    // The dead one can serve nobody, whatever `current` says: there every millisecond is a client's.
    if hasCrashed { await switchOver(to: app) }
    do throws(DeployError) {
      if app.release.number != bad.release.number { try await desk.makeCurrent(app.release.number) }
    } catch {
      logger.warn("release \(app.release.number) serves again, but \(error.message)")
    }
    if !hasCrashed { await switchOver(to: app, keepsWarm: false) }
    await note(app.release)
    return true
  }

  private func switchOver(
    to app: RunningApp, keepsWarm: Bool = true, _ onLive: @MainLoop () -> Void = {}
  ) async {
    let old = live
    let before = old ?? stopped
    let same = [before, crashed].compactMap { $0 }.first { $0.release.number == app.release.number }
    app.restarts = (same?.restarts ?? 0) + (before == nil && same != nil ? 1 : 0)
    app.since = same?.since ?? .now
    app.replaced = (before ?? crashed).map { ($0.release.number, $0.target) }
    starting.removeAll { $0 === app.instance }
    // Before the front is told: from now on the old one may end without being missed.
    live = app
    crashed = nil
    stopped = nil
    switches += 1
    if let old {
      for retiree in retirees { retiree.dismissed.finish(()) }
      // Its drain is asked for after this turn, and so after the switch.
      retire(old, warmUntil: .now + (keepsWarm ? options.watchTime : .zero))
    }
    onLive()
    await site.serve(app.target)
    await updateAssetFallback()
    // It may have ended while `current` was made, when nobody missed it yet.
    if app.instance.ended.isFinished { noticeEnd(of: app, await app.instance.ended.value()) }
  }

  /// In place: false when that was canceled before anything was stopped.
  func stopLive(_ narrator: Narrator) async -> Bool {
    guard let old = live else {
      // What it leaves behind may still have the port.
      _ = await crashed?.instance.exit.value()
      return true
    }
    live = nil
    stopped = old
    let limit = min(options.drainTimeout, options.holdTimeout / 3)
    narrator.info(
      "New requests wait; release \(old.release.number) has \(describe(limit)) for those it has begun")
    report(await site.drain(old.target, within: limit, streams: .zero), of: old, within: limit)
    if Task.isCancelled, !isClosed, old.instance.isRunning {
      live = old
      stopped = nil
      await site.serve(old.target)
      return false
    }
    narrator.info("Stopping release \(old.release.number) (pid \(old.instance.pid))")
    await old.instance.stop(grace: options.stopTimeout)
    return true
  }
}
