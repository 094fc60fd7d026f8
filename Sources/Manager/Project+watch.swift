import Front
import History
import Linux
import Log
import Notify
import Pipeline
import Releases
import Settings

extension Project {
  func begin(_ trial: Trial) {
    endTrial()
    let until = ContinuousClock.Instant.now + settings.watchTime
    probation = Probation(
      until: until, fallbacks: trial.fallbacks, strikes: trial.strikes, deployment: trial.deployment)
    guard let live = handoff.live, let replaced = live.replaced else { return }
    watchTask = Task { @MainLoop in
      let site = handoff.site
      let watch = Watch(before: await site.tally(of: replaced.target), until: until)
      // One that serves again is not judged by what it did before.
      let past = await site.tally(of: live.target)
      while true {
        await MainLoop.sleep(for: .milliseconds(100))
        let tally = await site.tally(of: live.target) - past
        guard !Task.isCancelled, !isStopping, handoff.live === live, let trial = probation else { return }
        switch watch.verdict(on: tally, at: .now) {
        case .goOn: continue
        case .passed: return
        case .goBack(let reason):
          // A release that was only started anew is not given up for errors that it may have had all along.
          let hasOther =
            replaced.release != live.release.number
            && trial.fallbacks.contains { $0 != live.release.number }
          guard hasOther || handoff.warmApp(before: live) != nil else { return }
          return goBack(from: live, trial, because: reason)
        }
      }
    }
  }

  func endTrial() {
    probation = nil
    watchTask?.cancel()
    watchTask = nil
  }

  /// A release that was live and cannot stay so: what served before it serves again.
  func goBack(from bad: RunningApp, _ trial: Probation, because reason: String) {
    endTrial()
    let warm = handoff.warmApp(before: bad)
    let narrator = narrator("watch")
    narrator.warn("release \(bad.release.number) cannot stay (\(reason)); going back")
    // No restart makes room for this, and no switch that waits: it is done in a moment.
    Task { @MainLoop in
      if let warm, await handoff.goBack(to: warm, from: bad) {
        wanted = warm.release.number
        return await wentBack(from: bad.release, to: warm.release, trial, because: reason)
      }
      await goBackCold(from: bad, trial, because: reason, narrator)
    }
  }

  /// What served before does not run any more and has to be started.
  private func goBackCold(
    from bad: RunningApp, _ trial: Probation, because reason: String, _ narrator: Narrator
  ) async {
    let fallbacks = trial.fallbacks.filter { $0 != bad.release.number }
    await handoff.hold()
    let outcome = await exclusively { () -> Handoff.Outcome? in
      let isStillThere = handoff.live === bad || (handoff.live == nil && handoff.crashed === bad)
      guard isStillThere, !isStopping, let target = fallbacks.first else { return nil }
      return await switchTo(
        Handoff.Request(
          target: target, fallbacks: Array(fallbacks.dropFirst().prefix(2)),
          lastResort: bad.release.number), narrator)
    }
    switch outcome {
    case .live(let release), .fellBack(let release, _):
      await wentBack(from: bad.release, to: release, trial, because: reason)
    case .kept(let release, let error):
      logger.error("\(error.message); release \(release.number) serves on")
    case .down, .refused:
      logger.error("no release comes up; trying release \(bad.release.number) again")
    case nil: break
    }
    if handoff.live == nil, restartTask == nil {
      scheduleRestart(of: wanted ?? bad.release.number, afterLifeOf: .zero)
    }
  }

  func wentBack(from bad: Release, to release: Release, _ trial: Probation?, because reason: String) async {
    guard bad.number != release.number else {
      return logger.warn("the start of release \(release.number) before this one serves again")
    }
    logger.warn("release \(release.number) serves again; release \(bad.number) is marked bad")
    var isTold = false
    if let id = trial?.deployment, var deployment = (try? history.deployment(id)) ?? nil {
      deployment.state = .rolledBack
      deployment.error = "release \(bad.number) was taken back: \(reason)"
      if queue.running?.id == id { takenBack[id] = deployment.error }
      record(deployment)
      tell(deployment)
      isTold = true
    }
    recordSwitch(
      to: release, from: bad.number, trigger: "watch", actor: "bascule",
      note: "release \(bad.number): \(reason)", as: isTold ? nil : .rollback)
    await desk.markBad(bad.number, reason: reason)
    if let failure = await desk.logRollback(to: release.number, actor: "bascule") { logger.warn(failure) }
    tidyUp()
  }

  /// A switch without a build is a row of its own.
  func recordSwitch(
    to release: Release, from before: Int?, trigger: String, actor: String, note: String?,
    as kind: NewsKind? = nil
  ) {
    var row = Deployment(
      project: slug, state: .success, trigger: trigger, actor: actor, ref: "release \(release.number)",
      commit: release.revision.commit)
    row.release = release.number
    row.replaces = before
    row.message = note
    row.startedAt = row.queuedAt
    row.finishedAt = .now
    row.exitCode = 0
    guard let recorded = try? history.insert(row) else {
      return logger.warn("the switch to release \(release.number) could not be recorded")
    }
    tell(recorded, as: kind)
  }
}
