import History
import Linux
import Log
import Pipeline
import Releases
import Supervisor

extension Project {
  /// Every switch goes through here: a restart that is under way makes room for it.
  func switchTo(_ request: Handoff.Request, _ narrator: Narrator) async -> Handoff.Outcome {
    restartTask?.cancel()
    restartTask = nil
    let outcome = await handoff.perform(request, narrator: narrator)
    switch outcome {
    case .live(let release):
      wanted = release.number
    case .fellBack(let release, _):
      wanted = release.number
      probation = nil
    case .down:
      probation = nil
      // Never give up: what is down now may be up when its database is.
      if let number = request.lastResort { scheduleRestart(of: number, afterLifeOf: .zero) }
    case .refused: break
    }
    return outcome
  }

  func crashed(_ live: LiveApp, _ exit: AppInstance.Exit) {
    guard !isStopping else { return }
    let life = Timestamp.now.milliseconds - live.instance.startedAt.milliseconds
    let number = live.release.number
    logger.error(
      "release \(number) ended by itself after \(describe(.milliseconds(life))): \(exit.explanation)")
    for line in live.instance.lastLines.suffix(10) { logger.error("  " + line) }
    if let trial = probation, trial.until > .now, !trial.fallbacks.isEmpty {
      if trial.strikes <= 0 { return goBack(from: live.release, trial, because: exit.explanation) }
      probation?.strikes -= 1
    }
    scheduleRestart(of: number, afterLifeOf: .milliseconds(life))
  }

  func scheduleRestart(of number: Int, afterLifeOf life: Duration) {
    guard !isStopping else { return }
    let delay = restartPolicy.delay(afterLifeOf: life)
    logger.info(
      delay == .zero
        ? "starting release \(number) again" : "starting release \(number) again in \(describe(delay))")
    wanted = number
    restartTask?.cancel()
    restartTask = Task { @MainLoop in
      await MainLoop.sleep(for: delay)
      guard !Task.isCancelled, !isStopping else { return }
      let outcome = await handoff.perform(Handoff.Request(target: number), narrator: narrator("app"))
      guard !Task.isCancelled, !isStopping else { return }
      switch outcome {
      case .live: break
      case .fellBack: break
      case .down(let error), .refused(let error):
        logger.error(error.message)
        if let trial = probation, trial.until > .now, !trial.fallbacks.isEmpty,
          let release = await desk.release(number)
        {
          if trial.strikes <= 0 { return goBack(from: release, trial, because: error.message) }
          probation?.strikes -= 1
        }
        scheduleRestart(of: number, afterLifeOf: .zero)
      }
    }
  }

  /// A release that was live and cannot stay so: what served before it serves again.
  private func goBack(from bad: Release, _ trial: Probation, because reason: String) {
    probation = nil
    restartTask = Task { @MainLoop in
      let narrator = narrator("watch")
      narrator.warn("release \(bad.number) does not stay up (\(reason)); going back")
      let fallbacks = trial.fallbacks.filter { $0 != bad.number }
      guard let target = fallbacks.first else { return scheduleRestart(of: bad.number, afterLifeOf: .zero) }
      let outcome = await handoff.perform(
        Handoff.Request(target: target, fallbacks: Array(fallbacks.dropFirst().prefix(2))), narrator: narrator
      )
      guard !Task.isCancelled, !isStopping else { return }
      switch outcome {
      case .live(let release), .fellBack(let release, _):
        wanted = release.number
        await wentBack(from: bad, to: release, trial, because: reason)
      case .down, .refused:
        logger.error("no release comes up; trying release \(bad.number) again")
        scheduleRestart(of: bad.number, afterLifeOf: .zero)
      }
    }
  }

  func wentBack(from bad: Release, to release: Release, _ trial: Probation?, because reason: String) async {
    await desk.markBad(bad.number, reason: reason)
    if let failure = await desk.logRollback(to: release.number, actor: "bascule") { logger.warn(failure) }
    if let id = trial?.deployment, var deployment = (try? history.deployment(id)) ?? nil {
      deployment.state = .rolledBack
      deployment.error = "release \(bad.number) did not stay up: \(reason)"
      record(deployment)
    }
    recordSwitch(
      to: release, from: bad.number, trigger: "watch", actor: "bascule",
      note: "release \(bad.number): \(reason)")
    logger.warn("release \(release.number) serves again; release \(bad.number) is marked bad")
  }

  /// A switch without a build is a row of its own.
  func recordSwitch(to release: Release, from before: Int?, trigger: String, actor: String, note: String?) {
    var row = Deployment(
      project: slug, state: .success, trigger: trigger, actor: actor, ref: "release \(release.number)",
      commit: release.revision.commit)
    row.release = release.number
    row.replaces = before
    row.message = note
    row.startedAt = row.queuedAt
    row.finishedAt = .now
    row.exitCode = 0
    if (try? history.insert(row)) == nil {
      logger.warn("the switch to release \(release.number) could not be recorded")
    }
  }
}
