import History
import Linux
import Log
import Pipeline
import Releases
import Supervisor

extension Project {
  /// One switch at a time, each deciding only when it is its turn: what was live before may not be any more.
  /// Restarts make room for it, also those of a crash while it waited.
  func exclusively<Value: Sendable>(_ body: @MainLoop () async -> Value) async -> Value {
    switches += 1
    restartTask?.cancel()
    restartTask = nil
    await gate.lock()
    let value = await body()
    gate.unlock()
    switches -= 1
    if switches == 0, handoff.live == nil, restartTask == nil, let wanted {
      scheduleRestart(of: wanted, afterLifeOf: .zero)
    }
    return value
  }

  /// Call it from within `exclusively`.
  func switchTo(_ request: Handoff.Request, _ narrator: Narrator) async -> Handoff.Outcome {
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
      wanted = request.lastResort
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
    // A switch that waits will put something in its place, and else asks for it again.
    guard switches == 0 else { return }
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
      let outcome = await restart(Handoff.Request(target: number, setsCurrent: false), narrator("app"))
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

  /// Gives way to any switch that somebody asks for.
  private func restart(_ request: Handoff.Request, _ narrator: Narrator) async -> Handoff.Outcome {
    await gate.lock()
    defer { gate.unlock() }
    return await handoff.perform(request, narrator: narrator)
  }

  /// A release that was live and cannot stay so: what served before it serves again.
  private func goBack(from bad: Release, _ trial: Probation, because reason: String) {
    probation = nil
    restartTask = Task { @MainLoop in
      let narrator = narrator("watch")
      narrator.warn("release \(bad.number) does not stay up (\(reason)); going back")
      let fallbacks = trial.fallbacks.filter { $0 != bad.number }
      guard let target = fallbacks.first else { return scheduleRestart(of: bad.number, afterLifeOf: .zero) }
      let outcome = await restart(
        Handoff.Request(target: target, fallbacks: Array(fallbacks.dropFirst().prefix(2))), narrator)
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
