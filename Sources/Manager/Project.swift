import Control
import Front
import History
import Linux
import Log
import Notify
import Pipeline
import Releases
import Settings
import Supervisor

/// One app: its queue, its releases, the process that serves it.
@MainLoop
final class Project {
  let record: ProjectRecord
  var slug: String { record.slug }
  let settings: Settings
  let desk: ReleaseDesk
  let schedule: BuildSchedule
  let news: NewsDesk
  let history: History
  let logs: DeploymentLogs
  let handoff: Handoff
  let git: Git
  /// As the app's user, and as whoever runs the manager.
  let stepRunner: any StepRunner
  let rootRunner: any StepRunner
  let starter: AppStarter
  let watches: FolderWatches
  let logger: Logger
  let redactor: Redactor

  /// What was found at start, until it is acted on.
  var settlement: SettlementReport?
  /// The deployment that the manager before this one had made live, and not yet recorded as such.
  var switched: Deployment?
  var reloads: ReloadWatch?
  /// What it does until it is up.
  var starting: Task<Void, Never>?
  /// Why its own port is not served.
  var portTrouble: String?
  /// It is being removed.
  var isEnding = false
  var queue = DeploymentQueue()
  var runningTask: Task<Void, Never>?
  /// What the history did not take, to be tried again when there is room.
  var unrecorded: [Int64: Deployment] = [:]
  let gate = AsyncLock()
  /// Switches that run or wait for their turn.
  var switches = 0
  /// False until the key is checked and the state of the last manager settled.
  var isReady = false
  /// Commits of pushes that a later delivery pushed out of the queue: it may have been the older one.
  var overtaken: [Int64: [String]] = [:]
  /// Limits that came with an order, instead of DEPLOY_TIMEOUT.
  var limits: [Int64: Duration] = [:]
  var probation: Probation?
  /// Deployments whose release was taken back before they had ended, and why.
  var takenBack: [Int64: String] = [:]
  var watchTask: Task<Void, Never>?
  var restartTask: Task<Void, Never>?
  var restartPolicy = RestartPolicy()
  /// The release that ought to serve, also while it is down.
  var wanted: Int?
  var firstDeploymentDelay = Duration.seconds(30)
  var housekeeping: Task<Void, Never>?
  var spareTask: Task<Void, Never>?
  /// git packs the mirror: what looks left over in it is not.
  var isTidying = false
  /// Nothing is left in the mirror of a git that was killed with the manager before this one.
  var isSwept = false
  var isStopping = false

  init(
    record: ProjectRecord, settings: Settings, desk: ReleaseDesk, schedule: BuildSchedule, news: NewsDesk,
    history: History, logs: DeploymentLogs,
    handoff: Handoff, git: Git,
    stepRunner: any StepRunner, rootRunner: any StepRunner, starter: AppStarter, watches: FolderWatches,
    logger: Logger, redactor: Redactor
  ) {
    self.record = record
    self.settings = settings
    self.desk = desk
    self.schedule = schedule
    self.news = news
    self.history = history
    self.logs = logs
    self.handoff = handoff
    self.git = git
    self.stepRunner = stepRunner
    self.rootRunner = rootRunner
    self.starter = starter
    self.watches = watches
    self.logger = logger
    self.redactor = redactor
    handoff.onCrash = { [weak self] app, exit in self?.crashed(app, exit) }
    handoff.onRetired = { [weak self] release in
      // It was spared while it ran.
      if let self, !isStopping, !handoff.runningReleases.contains(release.number) { tidyUp() }
    }
  }

  /// For what is not a deployment: speaks to the log alone.
  func narrator(_ source: String) -> Narrator {
    let logger = logger.named(source)
    return Narrator { event in
      switch event.kind {
      case .error: logger.error(event.message)
      case .warn: logger.warn(event.message)
      default: logger.info(event.message)
      }
    }
  }

  /// For those who want to know; in the turn in which it is recorded.
  func tell(_ deployment: Deployment, as kind: NewsKind? = nil) {
    news.tell(deployment, of: record.repository, as: kind)
  }

  /// The history tells; it does not decide. Where it cannot be written the work goes on.
  func record(_ deployment: Deployment) {
    queue.update(deployment)
    unrecorded[deployment.id] = nil
    let failed: @MainLoop (HistoryError) -> Void = { [self] error in
      logger.warn("deployment #\(deployment.id) could not be recorded as \(deployment.state): \(error)")
      unrecorded[deployment.id] = deployment
    }
    do throws(HistoryError) {
      try history.update(deployment)
      history.whenWritten { error in if let error { failed(error) } }
    } catch {
      failed(error)
    }
  }

  /// Nothing is begun any more; a deployment under way counts as interrupted.
  func beginStop() {
    isStopping = true
    restartTask?.cancel()
    watchTask?.cancel()
    runningTask?.cancel()
    spareTask?.cancel()
    // Their drains end with the front's own: that must not look as if all were done.
    handoff.stopRetiring()
  }

  /// Ends what runs.
  func stop(appGrace: Duration) async {
    await handoff.close(grace: appGrace)
    await runningTask?.value
    history.commit()
  }

  /// For good: nobody gets in any more, who is in may finish, then the app stops.
  func end() async {
    beginStop()
    schedule.leave(slug)
    if let waiting = queue.waiting { _ = cancel(waiting.id, by: "the removal of the project") }
    await handoff.site.refuse()
    let limit = settings.drainTimeout
    if let live = handoff.live { _ = await handoff.site.drain(live.target, within: limit, streams: .zero) }
    await stop(appGrace: settings.stopTimeout)
    await starting?.value
    reloads?.stop()
    await housekeeping?.value
    await spareTask?.value
    schedule.finish(slug)
  }

  func hold(_ kind: Hold.Kind) -> Hold? { history.hold(kind, project: slug) }
}
