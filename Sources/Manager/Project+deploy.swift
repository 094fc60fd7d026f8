import History
import Linux
import Log
import Pipeline
import Releases
import Settings

extension Project {
  /// One deployment from beginning to end. Whatever happens in here ends in a state on record.
  func deploy(_ queued: Deployment) async {
    var deployment = queued
    deployment.state = .building
    deployment.startedAt = .now
    deployment.replaces = handoff.live?.release.number
    record(deployment)

    // Two installs at once would fight for the cores and for Bun's cache.
    spareTask?.cancel()
    await spareTask?.value
    let recorder = EventRecorder(
      deployment: deployment.id, log: logs.log(of: deployment.id), redactor: redactor, logger: logger)
    let narrator = recorder.makeNarrator()
    narrator.say(
      .start, "Deployment #\(deployment.id) of \(deployment.ref), asked for by \(deployment.actor)")
    do throws(DeployError) {
      try await run(&deployment, narrator)
      let taken = takenBack.removeValue(forKey: deployment.id)
      deployment.state = taken == nil ? .success : .rolledBack
      deployment.exitCode = taken == nil ? 0 : 1
      deployment.error = taken
      finished(&deployment, narrator)
      if let taken {
        narrator.failed(DeployError(.start, taken))
      } else {
        narrator.completed("Release \(deployment.release ?? 0) is live")
      }
    } catch {
      // Free of this task's cancellation: the clean-up runs commands too.
      let unfinished = deployment
      deployment = await Task { @MainLoop in await self.failed(unfinished, error, narrator) }.value
    }
    narrator.ended(code: deployment.exitCode ?? 1)
    logs.finish(deployment.id)
    // Nobody waits for the disk, which may be packing a log.
    Task { @MainLoop in await history.checkpoint() }
    retryFirstDeployment(after: deployment)
  }

  private func run(_ deployment: inout Deployment, _ narrator: Narrator) async throws(DeployError) {
    let deadline = Deadline(limits[deployment.id] ?? settings.timeouts.deploy)
    narrator.begin(.prepare)
    let number = try await desk.reserve(ref: deployment.ref)
    deployment.release = number
    record(deployment)
    narrator.info("Release \(number) in \(desk.layout.release(number))")
    narrator.endPhase("release \(number) reserved")

    if !isSwept {
      await sweepMirror()
      isSwept = true
    }
    try await build(number, &deployment, narrator, deadline)

    schedule.finish(slug)
    deployment.state = .deploying
    record(deployment)
    narrator.begin(.start)
    try await start(number, deployment, narrator, deadline)
    narrator.endPhase("release \(number) is live")
  }

  private func build(
    _ number: Int, _ deployment: inout Deployment, _ narrator: Narrator, _ deadline: Deadline
  ) async throws(DeployError) {
    let job = job(for: deployment, folder: desk.layout.release(number), number, narrator, deadline)
    var found = deployment
    let isNamed = deployment.commit != nil
    job.overtaken = overtaken[deployment.id] ?? []
    try await Pipeline().run(job) { commit throws(DeployError) in
      found.commit = commit.hash
      found.author = commit.author
      found.message = commit.subject
      self.record(found)
      self.tell(found)
      try await self.refuseOlder(found, isNamed: isNamed)
      job.buildEnvironment = self.starter.environment(release: number, commit: commit.hash)
      try await self.desk.describe(number, commit, ref: found.ref)
    } onCheckout: { commit throws(DeployError) in
      try await self.desk.furnish(number, commit: commit.hash, runner: self.rootRunner)
    }
    deployment = found
  }

  private func job(
    for deployment: Deployment, folder: String, _ number: Int, _ narrator: Narrator, _ deadline: Deadline
  ) -> Job {
    let commands = settings.commands
    return Job(
      folder: folder, number: number, git: git, ref: deployment.ref,
      exactCommit: deployment.commit ?? (Git.isCommitHash(deployment.ref) ? deployment.ref : nil),
      commands: PipelineCommands(
        install: commands.install.isDefault ? nil : commands.install.text,
        build: commands.build.isDefault ? nil : commands.build.text, release: commands.release?.text,
        installTimeout: settings.timeouts.install, buildTimeout: settings.timeouts.build,
        releaseTimeout: settings.timeouts.release),
      buildEnvironment: starter.environment(release: number, commit: deployment.commit),
      owner: settings.appUser?.identity, runner: stepRunner, narrator: narrator, deadline: deadline,
      caches: CacheFolders(bun: desk.layout.cache, trash: desk.layout.trash), spare: spare)
  }

  var spare: Spare { Spare(folder: desk.layout.spare, trash: desk.layout.trash) }

  private func prepareSpare(like deployment: Deployment, _ number: Int) async {
    guard queue.open.isEmpty, schedule.isIdle, let hash = deployment.commit,
      let commit = await git.commit(hash)
    else {
      return
    }
    let job = job(
      for: deployment, folder: desk.layout.spare, number, Narrator { _ in },
      Deadline(settings.timeouts.deploy))
    await spare.prepare(like: desk.layout.release(number), commit, job)
  }

  /// The host may deliver a push late: the answer to it could not know yet what is known after the fetch.
  private func refuseOlder(_ deployment: Deployment, isNamed: Bool) async throws(DeployError) {
    guard isNamed, deployment.isAutomatic, !deployment.forced, let commit = deployment.commit,
      let live = handoff.live?.release.revision.commit, live != commit, deployment.before != live
    else { return }
    if await git.isAncestor(commit, of: live) {
      throw DeployError(
        .outOfOrder, "out of order: \(commit.prefix(7)) is older than \(live.prefix(7)), which is live")
    }
  }

  private func start(
    _ number: Int, _ deployment: Deployment, _ narrator: Narrator, _ deadline: Deadline
  ) async throws(DeployError) {
    // The disk gets its time while the app starts; nothing is switched before it is done.
    let desk = desk
    let sealing = Task { @MainLoop in await desk.seal(number) }
    let outcome = await exclusively {
      let before = handoff.live?.release.number ?? wanted
      let candidates = await desk.rollbackCandidates(excluding: number)
      let fallbacks = ([before].compactMap { $0 } + candidates).uniqued()
      let request = Handoff.Request(
        target: number, fallbacks: Array(fallbacks.prefix(2)), lastResort: before,
        timeLimit: deadline.limit(for: nil, nil).time, whenReady: { await sealing.value })
      return await switchTo(
        request, trial: Trial(fallbacks: fallbacks, deployment: deployment.id), narrator)
    }
    switch outcome {
    case .live: break
    case .kept(let release, let error):
      throw DeployError(
        error.code, "\(error.message); release \(release.number) serves on", exitCode: error.exitCode)
    case .fellBack(let release, let error):
      throw DeployError(
        error.code, "\(error.message); release \(release.number) serves again", exitCode: error.exitCode)
    case .down(let error), .refused(let error): throw error
    }
  }

  private func finished(_ deployment: inout Deployment, _ narrator: Narrator) {
    deployment.finishedAt = .now
    deployment.phases = narrator.durations.map { ("\($0.phase)", $0.duration.milliseconds) }
    record(deployment)
    tell(deployment)
    let live = deployment
    tidyUp { [self] in
      await enter(live)
    } after: { [self] in
      await prepareSpare(like: live, live.release ?? 0)
    }
  }

  /// What is kept of a release that has become live, beside the history.
  func enter(_ deployment: Deployment) async {
    let (number, commit) = (deployment.release ?? 0, deployment.commit ?? "")
    let failure = await desk.logDeployment(
      release: number, ref: deployment.ref, commit: commit, actor: deployment.actor)
    if let failure { logger.warn(failure) }
    await git.pin(commit, release: number)
    await desk.measure(number, runner: rootRunner)
  }

  private func failed(_ unfinished: Deployment, _ error: DeployError, _ narrator: Narrator) async
    -> Deployment
  {
    var deployment = unfinished
    let state: DeploymentState =
      isStopping
      ? .interrupted : error.code == .canceled ? .canceled : error.code == .outOfOrder ? .skipped : .failed
    deployment.state = state
    deployment.exitCode = error.exitCode ?? 1
    deployment.error = redactor.mask(PrintableText.sentence(error.message))
    narrator.failed(error)
    await sweepMirror()
    if error.code == .disk { spare.discard() }
    if let number = deployment.release {
      // A failed one is kept for its files, until the next; nobody will look into a canceled one.
      await desk.giveUp(number, failed: state == .failed, reason: error.message, runner: rootRunner)
    }
    deployment.finishedAt = .now
    deployment.phases = narrator.durations.map { ("\($0.phase)", $0.duration.milliseconds) }
    record(deployment)
    tell(deployment)
    tidyUp()
    return deployment
  }

  private var retention: Retention {
    Retention(deployments: settings.record.keepDeployments, logDays: settings.record.keepLogDays)
  }

  private func sweepMirror() async { if !isTidying { await git.sweep() } }

  /// Pruning and the like: after the switch, in the background, one at a time.
  func tidyUp(
    _ before: @escaping @MainLoop () async -> Void = {}, after: (@MainLoop () async -> Void)? = nil
  ) {
    let previous = housekeeping
    housekeeping = Task { @MainLoop in
      await previous?.value
      await before()
      // Where that failed at the switch itself, for want of room.
      if let live = handoff.live?.release.number { _ = await desk.noteCurrent(live) }
      let running = handoff.runningReleases.union([wanted].compactMap { $0 })
      let gone = await desk.prune(running: running, runner: rootRunner)
      for number in gone { await git.unpin(release: number) }
      if !gone.isEmpty {
        isTidying = true
        await git.tidy()
        isTidying = false
      }
      for deployment in unrecorded.values { record(deployment) }
      do throws(HistoryError) {
        try await retention.apply(to: history, logs, of: slug)
      } catch {
        logger.warn("\(error)")
      }
      // What the last deployment has begun in advance goes on, where there is nothing newer.
      if let after, !isStopping { spareTask = Task { @MainLoop in await after() } }
    }
  }

  /// While nothing has ever been live, the cause may pass by itself: a host that is down, a network not up.
  private func retryFirstDeployment(after deployment: Deployment) {
    guard deployment.state == .failed, handoff.live == nil, wanted == nil, !isStopping else { return }
    let delay = firstDeploymentDelay
    firstDeploymentDelay = min(delay * 2, .seconds(600))
    logger.info("no release is live yet; trying again in \(describe(delay))")
    EventLoop.main.after(delay) { [self] in
      guard handoff.live == nil, queue.open.isEmpty else { return }
      orderFirstDeployment()
    }
  }
}

extension Sequence where Element: Hashable {
  func uniqued() -> [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
