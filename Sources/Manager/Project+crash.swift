import History
import Linux
import Log
import Pipeline
import Releases
import Supervisor

extension Project {
  /// One switch at a time, each deciding only when it is its turn: what was live before may not be any more.
  /// In place restarts make room for it, also those of a crash while it waited.
  func exclusively<Value: Sendable>(_ body: @MainLoop () async -> Value) async -> Value {
    switches += 1
    if handoff.options.isInPlace { endRestart() }
    await gate.lock()
    let value = await body()
    gate.unlock()
    switches -= 1
    if switches == 0, handoff.live == nil, restartTask == nil, let wanted {
      scheduleRestart(of: wanted, afterLifeOf: .zero)
    }
    return value
  }

  /// Call it from within `exclusively`. `trial`: how far the target is trusted once it is live.
  func switchTo(_ request: Handoff.Request, trial: Trial? = nil, _ narrator: Narrator) async
    -> Handoff.Outcome
  {
    var request = request
    let target = request.target
    request.onLive = { [self] in
      // Another start may well be another app: what crashed before tells nothing of it.
      restartPolicy = RestartPolicy()
      wanted = target
      endRestart()
      if let trial { begin(trial) } else { endTrial() }
    }
    let outcome = await handoff.perform(request, narrator: narrator)
    switch outcome {
    // It may have crashed since, and what became of that stands.
    case .live: break
    case .fellBack(let release, _) where handoff.live?.release.number != release.number: break
    case .fellBack(let release, _):
      wanted = release.number
      endRestart()
      endTrial()
    case .down:
      endTrial()
      // Never give up: what is down now may be up when its database is.
      wanted = request.lastResort
    case .kept, .refused: break
    }
    return outcome
  }

  func endRestart() {
    restartTask?.cancel()
    restartTask = nil
  }

  func crashed(_ app: RunningApp, _ exit: AppInstance.Exit) {
    guard !isStopping else { return }
    // Not by the wall clock, which jumps.
    let life = ContinuousClock.now - app.instance.began
    let number = app.release.number
    logger.error(
      "release \(number) ended by itself after \(describe(life)): \(exit.explanation)")
    for line in app.instance.lastLines.suffix(10) { logger.error("  " + line) }
    // In place a switch that waits will put something there, and else asks for it again.
    if handoff.options.isInPlace, switches > 0 { return }
    if let trial = probation, trial.until > .now {
      if handoff.warmApp(before: app) != nil { return goBack(from: app, trial, because: exit.explanation) }
      if !trial.fallbacks.isEmpty {
        if trial.strikes <= 0 { return goBack(from: app, trial, because: exit.explanation) }
        probation?.strikes -= 1
      }
    }
    scheduleRestart(of: number, afterLifeOf: life)
  }

  func scheduleRestart(of number: Int, afterLifeOf life: Duration) {
    guard !isStopping else { return }
    wanted = number
    restartTask?.cancel()
    restartTask = Task { @MainLoop in
      await handoff.hold()
      await keepRestarting(number, afterLifeOf: life)
      if !Task.isCancelled { restartTask = nil }
    }
  }

  /// Until something is live, whoever brings it up.
  private func keepRestarting(_ number: Int, afterLifeOf life: Duration) async {
    var life = life
    while true {
      let delay = restartPolicy.delay(afterLifeOf: life)
      life = .zero
      logger.info(
        delay == .zero
          ? "starting release \(number) again" : "starting release \(number) again in \(describe(delay))")
      await MainLoop.sleep(for: delay)
      guard isDown else { return }
      let error: DeployError
      var others: [Int] = []
      switch await restart(number) {
      case .live, .kept, .fellBack: return
      case .down(let reason): error = reason
      case .refused(let reason):
        error = reason
        // Gone: that does not mend itself, and something else can serve.
        if Files.resolvedKind(desk.layout.release(number)) != .directory {
          others = await desk.rollbackCandidates(excluding: number)
        }
      }
      guard isDown else { return }
      if !others.isEmpty, let gone = handoff.crashed {
        let trial = Probation(until: .now, fallbacks: others, strikes: 0, deployment: nil)
        return goBack(from: gone, trial, because: error.message)
      }
      logger.error(error.message)
      // Whoever has waited so far has waited long enough.
      await handoff.refuse()
      guard isDown else { return }
      if let trial = probation, trial.until > .now, !trial.fallbacks.isEmpty, let bad = handoff.crashed {
        if trial.strikes <= 0 { return goBack(from: bad, trial, because: error.message) }
        probation?.strikes -= 1
      }
    }
  }

  private var isDown: Bool { !Task.isCancelled && !isStopping && handoff.live == nil }

  /// Beside, it need not wait for a switch that may take its time. In place it gives way to any.
  private func restart(_ number: Int) async -> Handoff.Outcome {
    if handoff.options.isInPlace {
      await gate.lock()
      defer { gate.unlock() }
      guard isDown else { return .refused(DeployError(.canceled, "another switch came first")) }
      return await handoff.restart(number, narrator: narrator("app"))
    }
    return await handoff.restart(number, narrator: narrator("app"))
  }
}
