import Front
import Glibc
import History
import Linux
import Log
import Pipeline
import Releases
import Settings
import Supervisor

/// What all projects share, and how one is put together from it.
@MainLoop
struct Workshop {
  /// Those of `main`.
  let layout: Layout
  let log: Log
  let table: ProcessTable
  let marks: Marks
  let memory: MemoryControl?
  let runner: CommandRunner
  let history: History
  let logs: DeploymentLogs
  let schedule: BuildSchedule
  let news: NewsDesk
  /// Those that were made here, besides the ones in the settings.
  let secrets: [String]
  let pool = PortPool()
  let watches = FolderWatches()

  /// `settings` and `layout` are the project's own.
  func project(_ record: ProjectRecord, _ settings: Settings, _ layout: Layout, _ site: Site)
    throws(ReleaseError) -> Project
  {
    let isMain = record.slug == ProjectRecord.main
    let owner = settings.appUser?.identity
    let redactor = Redactor(settings.secrets + secrets)
    let logger = Logger(log, source: isMain ? "bascule" : record.slug)
    var store = ReleaseStore(layout: layout, owner: owner)
    store.onDamage = { warning in Task { @MainLoop in logger.warn(warning) } }
    let desk = ReleaseDesk(
      store: store,
      shared: try SharedPaths(parsing: settings.sharedPaths), keep: settings.keepReleases)
    let starter = AppStarter(settings: settings, layout: layout, table: table, marks: marks, memory: memory)
    return Project(
      record: record, settings: settings, desk: desk, schedule: schedule, news: news, history: history,
      logs: logs,
      handoff: handoff(settings, layout, desk, starter, site, logger), git: git(settings, layout, starter),
      stepRunner: CommandStepRunner(runner: runner, identity: owner),
      rootRunner: CommandStepRunner(runner: runner, identity: nil), starter: starter, watches: watches,
      logger: logger, redactor: redactor)
  }

  private func handoff(
    _ settings: Settings, _ layout: Layout, _ desk: ReleaseDesk, _ starter: AppStarter, _ site: Site,
    _ logger: Logger
  ) -> Handoff {
    let health = HealthCheck(
      path: settings.healthCheck.path, interval: settings.healthCheck.interval,
      timeout: settings.healthCheck.timeout)
    var isInPlace = false
    var fixedPort: UInt16?
    if case .inPlace(let port) = settings.handoff { (isInPlace, fixedPort) = (true, port) }
    return Handoff(
      starter: starter,
      places: AppPlaces(
        fixedPort: fixedPort, pool: pool, folder: layout.run,
        owner: settings.appUser?.identity.uid ?? geteuid()),
      desk: desk, health: health, site: site,
      options: Handoff.Options(
        isInPlace: isInPlace, drainTimeout: settings.drainTimeout, holdTimeout: settings.front.holdTimeout,
        stopTimeout: settings.stopTimeout, watchTime: settings.watchTime,
        keepsAssets: !settings.front.assetPaths.isEmpty),
      logger: logger)
  }

  func sshAccess(_ settings: Settings) -> SSHAccess {
    let owner = settings.appUser?.identity
    return SSHAccess(folder: layout.ssh, owner: owner, stranger: owner == nil ? .ofProcess : nil)
  }

  private func git(_ settings: Settings, _ layout: Layout, _ starter: AppStarter) -> Git {
    let source = RepositorySource(
      url: settings.repository.address, branch: settings.branch,
      isLocal: settings.repository.transport == .local,
      token: settings.credentials.map { .init(username: $0.user, secret: $0.password) })
    // One key and one list of hosts for all projects.
    let ssh = sshAccess(settings)
    let environment = GitEnvironment(
      base: starter.userEnvironment, source: source, configFile: self.layout.shared + "/.gitconfig",
      sshCommand: ssh.command(hasKey: settings.sshKey != nil, strict: settings.knownHosts != nil))
    return Git(
      mirror: layout.mirror, source: source, environment: environment,
      runner: CommandStepRunner(runner: runner, identity: settings.appUser?.identity))
  }
}
