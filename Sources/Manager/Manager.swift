import Access
import Control
import Front
import Glibc
import History
import Linux
import Log
import Notify
import Pipeline
import Releases
import Server
import Settings
import Supervisor

/// Everything that `bascule run` is, put together.
@MainLoop
package final class Manager {
  let settings: Settings
  let main: Project
  /// In the order of their making, `main` first.
  var all: [Project]
  let workshop: Workshop
  let news: NewsDesk
  let folders: ProjectFolders
  let changes = AsyncLock()
  var refusedDeliveries = MinuteQuota(60)
  let signatureAttempts = AttemptLimiter()
  let front: Front
  let logger: Logger
  let table = ProcessTable()
  let layout: Layout
  var servers: [HTTPServer] = []
  var isStopping = false
  /// Why a socket that was taken away cannot be made anew.
  var socketTrouble: String?
  package let history: History
  package let logs: DeploymentLogs
  private let log: Log
  private let lock: InstanceLock
  let authenticator: Authenticator
  private let zombies: ZombieWatch
  /// The front reaches the webhook's socket through it.
  private let sharedFolder: FileDescriptor
  private var exitCode: Int32 = 0
  private var startError: StartError?

  /// Takes possession of APP_ROOT, or says why it cannot.
  package init(settings: Settings) throws(StartError) {
    self.settings = settings
    layout = Layout(root: settings.root)
    let owner = settings.appUser?.identity
    let store = ReleaseStore(layout: layout, owner: owner)
    do throws(ReleaseError) {
      try Self.requireCapabilities(settings)
      try layout.prepare()
      lock = try InstanceLock(layout)
      let settlement = try store.settle()
      let made = try Self.makeSecrets(settings, layout)
      authenticator = Authenticator(
        jwtSecret: made.jwtSecret, adminPassword: made.adminPassword, webhookSecret: settings.webhookSecret)
      let redactor = Redactor(settings.secrets + made.secrets)
      log = Log(format: settings.logFormat == .json ? .json : .text, redactor: redactor)
      logger = Logger(log, source: "bascule")
      history = try Self.openHistory(layout, logger)
      logs = DeploymentLogs(folder: layout.logs)
      let marks = Marks(root: settings.root)
      let memory = MemoryControl()
      let runner = CommandRunner(table: table, marks: marks, memory: memory)
      zombies = ZombieWatch(logger: logger)
      (front, sharedFolder) = try Self.makeFront(settings, layout, log)
      let schedule = BuildSchedule(
        parallel: settings.record.parallelBuilds, limit: settings.record.queueLimit)
      news = NewsDesk(
        NotifyConfiguration(settings.notifications), history: history,
        exchange: Exchange(table: table, marks: marks), environment: settings.childEnvironment,
        logger: logger.named("notify"))
      workshop = Workshop(
        layout: layout, log: log, table: table, marks: marks, memory: memory, runner: runner,
        history: history, logs: logs, schedule: schedule, news: news, secrets: made.secrets)
      folders = ProjectFolders(root: layout.projects)
      main = try workshop.project(Self.record(of: settings), settings, layout, front.site)
      main.settlement = settlement
      all = [main]
    } catch {
      throw StartError(error)
    }
  }

  /// `main` is what the environment says.
  private static func record(of settings: Settings) -> ProjectRecord {
    var record = ProjectRecord(
      slug: ProjectRecord.main, repository: settings.repository.address, branch: settings.branch,
      createdAt: Timestamp(milliseconds: 0))
    let commands = settings.commands
    record.owner = settings.access.owner
    record.healthPath = settings.healthCheck.path
    record.installCommand = commands.install.isDefault ? nil : commands.install.text
    record.buildCommand = commands.build.isDefault ? nil : commands.build.text
    record.releaseCommand = commands.release?.text
    record.startCommand = commands.start.isDefault ? nil : commands.start.text
    return record
  }

  private static func openHistory(_ layout: Layout, _ logger: Logger) throws(ReleaseError) -> History {
    do throws(HistoryError) {
      let isNew = Files.kind(layout.database) == nil
      let (history, warning) = try History.open(layout.database)
      if let warning { logger.warn(warning) }
      // A number that stood for one deployment never stands for another: the log of the first is still there.
      let highest = DeploymentLogs.highest(in: layout.logs)
      if isNew, highest > 0 {
        logger.warn("there was no history \(layout.database): a new one begins after deployment #\(highest)")
      }
      if try highest > history.highestNumber() { try history.skipNumbers(upTo: highest) }
      history.onDamage = { logger.error($0) }
      return history
    } catch {
      throw ReleaseError("\(layout.database) cannot be opened: \(error).")
    }
  }

  // MARK: Running

  /// Returns the exit code when a signal has ended it.
  package func run(signals: Signals) throws(StartError) -> Int32 {
    PIDOne.becomeReaper()
    do throws(SystemError) {
      _ = try EventLoop.main.add(signals.descriptor.raw, .read) { [self] _ in
        for number in signals.pending() { handle(number) }
      }
      try Self.prepareFolders(layout, settings)
    } catch {
      throw StartError(error)
    }
    workshop.schedule.willBegin = { [weak self] in
      for project in self?.all ?? [] { project.spareTask?.cancel() }
    }
    workshop.schedule.countWaiting = { [weak self] in self?.all.count { $0.queue.waiting != nil } ?? 0 }
    // Before anybody can ask for anything: what this finds unfinished is a manager's that is gone.
    do throws(HistoryError) { try history.store(main.record) } catch { logger.warn("\(error)") }
    main.settleQueue()
    // The front does these first, so before anybody can connect: whoever comes while the app starts waits for it.
    if main.settlement?.hasRelease == true { Task { @MainLoop in await main.handoff.hold() } }
    Task { @MainLoop in await main.showMaintenance() }
    Task { @MainLoop in await start() }
    EventLoop.main.run()
    history.close()
    log.flush()
    if let startError { throw startError }
    return exitCode
  }

  private func start() async {
    let doors: [(HTTPServer, Listener)]
    do throws(StartError) {
      doors = try listen()
    } catch {
      startError = error
      return EventLoop.main.stop()
    }
    let strays = workshop.marks.endStrays(table: table)
    if !strays.isEmpty {
      logger.warn("ended what a manager before this one left running: \(strays.joined(separator: ", "))")
    }
    if let problem = await checkKey() {
      return fail("GIT_SSH_KEY holds a key that cannot be used: \(problem)")
    }
    logger.info(
      "\(settings.root) is managed from here; port \(settings.port), control port \(settings.controlPort)"
    )
    if case .inPlace(let port?) = settings.handoff {
      logger.info("APP_PORT is set: the app is replaced in place, on port \(port); requests wait meanwhile")
    }
    if geteuid() == 0, settings.appUser == nil {
      logger.warn("git, builds and the app run as root: make a user `bun` in the image, or set APP_USER")
    }
    // Before main has a port of its own: not one that another project listens on.
    for port in folders.load().found.compactMap(\.record.port) { workshop.pool.avoid(port) }
    zombies.start()
    startUpkeep()
    news.resume()
    start(main)
    await loadProjects()
    // Whoever asks before that waits: a push must not be told that its project does not exist.
    do throws(StartError) {
      try open(doors)
    } catch {
      startError = error
      return EventLoop.main.stop()
    }
    // All of this goes through one thread, behind which whoever waits for the app would wait as well.
    for project in all { await project.starting?.value }
    logs.settle()
    // One without a past would have them all removed.
    if !history.isInMemory, let numbers = try? history.numbers() {
      Task { @MainLoop in await logs.removeStrays(kept: numbers.kept, upTo: numbers.highest) }
    }
    _ = await history.checkLater()
  }

  private func checkKey() async -> String? {
    let ssh = workshop.sshAccess(settings)
    do throws(SystemError) {
      try ssh.prepare(key: settings.sshKey, knownHosts: settings.knownHosts?.joined(separator: "\n"))
    } catch {
      return "\(error)"
    }
    guard settings.sshKey != nil else { return nil }
    return await ssh.validate(runner: main.stepRunner, environment: main.starter.userEnvironment)
  }

  static func prepareFolders(_ layout: Layout, _ settings: Settings) throws(SystemError) {
    try Files.makeDirectory(layout.releases)
    try Files.makeDirectory(layout.logs, mode: 0o700)
    try Files.makeDirectory(layout.cache)
    try Files.makeDirectory(layout.run)
    try Files.changeMode(layout.run, 0o700)
    // Of apps that are gone.
    for name in try Files.list(layout.run) { _ = unlink("\(layout.run)/\(name)") }
    if let owner = settings.appUser?.identity {
      // The app may ask for its own RELOAD and make its socket, and bun fills its cache.
      for folder in [layout.releases, layout.cache, layout.run] {
        try Files.changeOwner(folder, uid: owner.uid, gid: owner.gid)
      }
    }
    try Files.write(layout.shared + "/.gitconfig", ifOtherThan: Array(GitEnvironment.configuration.utf8))
  }

  // MARK: Ending

  private func fail(_ reason: String) {
    logger.error(reason)
    exitCode = 78
    EventLoop.main.stop()
  }

  private func handle(_ number: Int32) {
    switch number {
    case SIGCHLD: table.reap()
    case SIGTERM, SIGINT: stop(because: Signals.name(number), grace: true)
    case SIGQUIT: stop(because: Signals.name(number), grace: false)
    case SIGHUP: main.reloads?.request()
    default: for project in all { project.handoff.signal(number) }
    }
  }
}
