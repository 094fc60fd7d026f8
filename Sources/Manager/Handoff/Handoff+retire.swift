import Front
import Linux
import Log
import Releases
import Supervisor

/// One that served before: it finishes what it has, and until WATCH_TIME is over it can serve again at once.
@MainLoop
final class Retiree {
  let app: RunningApp
  let warmUntil: ContinuousClock.Instant
  /// Nobody will want it back: another one has taken its place.
  let dismissed = Once<Void>()
  var isStopping = false
  var task: Task<Void, Never>?

  init(_ app: RunningApp, warmUntil: ContinuousClock.Instant) {
    self.app = app
    self.warmUntil = warmUntil
  }

  /// Also while it only drains.
  var canServe: Bool { !isStopping && app.instance.isRunning }
  var isWarm: Bool { canServe && !dismissed.isFinished && warmUntil > .now }
}

extension Handoff {
  /// What could serve at once instead of what is live.
  func warmApp(of number: Int) -> RunningApp? {
    retirees.last { $0.canServe && $0.app.release.number == number }?.app
  }

  /// What `app` has replaced, if it is still on call.
  func warmApp(before app: RunningApp) -> RunningApp? {
    retirees.last { $0.isWarm && $0.app.target === app.replaced?.target }?.app
  }

  var warmReleases: Set<Int> { Set(retirees.filter(\.canServe).map(\.app.release.number)) }

  /// Those of which a process lives.
  var runningReleases: Set<Int> {
    Set((retirees.map(\.app) + [live, stopped].compactMap { $0 }).map(\.release.number))
  }

  func retire(_ app: RunningApp, warmUntil: ContinuousClock.Instant) {
    let retiree = Retiree(app, warmUntil: warmUntil)
    retirees.append(retiree)
    retiree.task = Task { @MainLoop in
      let limit = options.drainTimeout
      let drained = await site.drain(app.target, within: limit, streams: limit)
      _ = await retiree.dismissed.value(within: warmUntil - .now)
      // It serves again, or has ended, or the manager ends it.
      guard !Task.isCancelled else { return }
      retiree.isStopping = true
      report(drained, of: app, within: limit)
      await updateAssetFallback()
      logger.info("Stopping release \(app.release.number) (pid \(app.instance.pid))")
      await app.instance.stop(grace: options.stopTimeout)
      forget(retiree)
    }
  }

  /// Takes it out of retirement: nothing will stop it any more.
  func reclaim(_ app: RunningApp) -> Retiree? {
    guard let index = retirees.firstIndex(where: { $0.app === app && $0.canServe }) else { return nil }
    let retiree = retirees.remove(at: index)
    retiree.task?.cancel()
    return retiree
  }

  func forget(_ retiree: Retiree) {
    retirees.removeAll { $0 === retiree }
    onRetired(retiree.app.release)
    Task { @MainLoop in await updateAssetFallback() }
  }

  /// What is left of them is for `close`.
  func stopRetiring() { for retiree in retirees { retiree.task?.cancel() } }

  func updateAssetFallback() async {
    guard options.keepsAssets else { return }
    let number = live?.release.number
    let target = retirees.last { $0.canServe && $0.app.release.number != number }?.app.target
    guard target !== assetFallback else { return }
    assetFallback = target
    await site.setAssetFallback(target)
  }

  func report(_ drained: DrainReport, of app: RunningApp, within limit: Duration) {
    if drained.cutRequests > 0 {
      logger.warn(
        "release \(app.release.number) had \(drained.cutRequests) requests left after \(describe(limit)): "
          + "they were cut")
    }
    if drained.endedStreams > 0 {
      logger.info("\(drained.endedStreams) streams of release \(app.release.number) were ended")
    }
  }

  /// For the end of the manager: whatever runs, or is just being started, stops, all at once.
  func close(grace: Duration) async {
    isClosed = true
    stopRetiring()
    let apps = [live, stopped].compactMap { $0 } + retirees.map(\.app)
    let stops = (apps.map(\.instance) + starting).map { instance in
      Task { @MainLoop in _ = await instance.stop(grace: grace) }
    }
    live = nil
    for stop in stops { await stop.value }
    for app in apps { app.forgetSocket() }
    // What has been switched is put on record first.
    await commits.lock()
    commits.unlock()
  }
}
