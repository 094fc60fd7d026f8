import Front
import Glibc
import History
import Linux
import Log
import Pipeline
import Releases
import Server
import Settings
import Supervisor

/// Everything that `bascule run` is, put together.
@MainLoop
package final class Manager {
  let settings: Settings
  let project: Project
  let front: Front
  let logger: Logger
  let table = ProcessTable()
  let layout: Layout
  var servers: [HTTPServer] = []
  var isStopping = false
  private let log: Log
  private let marks: Marks
  private let runner: CommandRunner
  private let lock: InstanceLock
  package let history: History
  package let logs: DeploymentLogs
  private let zombies: ZombieWatch
  private let settlement: SettlementReport
  /// The front reaches the webhook's socket through it.
  private let sharedFolder: FileDescriptor
  private var reloads: ReloadWatch?
  private var exitCode: Int32 = 0
  private var startError: StartError?

  /// Takes possession of APP_ROOT, or says why it cannot.
  package init(settings: Settings) throws(StartError) {
    self.settings = settings
    let redactor = Redactor(settings.secrets)
    log = Log(format: settings.logFormat == .json ? .json : .text, redactor: redactor)
    logger = Logger(log, source: "bascule")
    layout = Layout(root: settings.root)
    let owner = settings.appUser?.identity
    let store = ReleaseStore(layout: layout, owner: owner)
    do throws(ReleaseError) {
      try layout.prepare()
      lock = try InstanceLock(layout)
      settlement = try store.settle()
      let shared = try SharedPaths(parsing: settings.sharedPaths)
      let desk = ReleaseDesk(store: store, shared: shared, keep: settings.keepReleases)
      history = try Self.openHistory(layout, logger)
      logs = DeploymentLogs(folder: layout.logs)
      marks = Marks(root: settings.root)
      let memory = MemoryControl()
      runner = CommandRunner(table: table, marks: marks, memory: memory)
      zombies = ZombieWatch(logger: logger)
      (front, sharedFolder) = try Self.makeFront(settings, layout, log)
      let starter = AppStarter(settings: settings, layout: layout, table: table, marks: marks, memory: memory)
      let handoff = Self.makeHandoff(settings, layout, desk, starter, front.site, logger)
      project = Self.makeProject(
        settings, layout, desk, history, logs, handoff, starter, runner, logger, redactor)
    } catch {
      throw StartError(error)
    }
  }

  private static func openHistory(_ layout: Layout, _ logger: Logger) throws(ReleaseError) -> History {
    do throws(HistoryError) {
      let (history, warning) = try History.open(layout.database)
      if let warning {
        logger.warn(warning)
        try history.skipNumbers(upTo: DeploymentLogs.highest(in: layout.logs))
      }
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
      try prepareFolders()
    } catch {
      throw StartError(error)
    }
    // Before anybody can ask for anything: what this finds unfinished is a manager's that is gone.
    project.settleQueue()
    // The front does these first, so before anybody can connect: whoever comes while the app starts waits for it.
    if settlement.current.number ?? settlement.lastLive != nil {
      Task { @MainLoop in await project.handoff.hold() }
    }
    Task { @MainLoop in await project.showMaintenance() }
    Task { @MainLoop in await start() }
    EventLoop.main.run()
    history.close()
    log.flush()
    if let startError { throw startError }
    return exitCode
  }

  private func start() async {
    do throws(StartError) {
      try listen()
    } catch {
      startError = error
      return EventLoop.main.stop()
    }
    let strays = marks.endStrays(table: table)
    if !strays.isEmpty {
      logger.warn("ended what a manager before this one left running: \(strays.joined(separator: ", "))")
    }
    for warning in settlement.warnings { logger.warn(warning) }
    if !settlement.interrupted.isEmpty {
      let numbers = settlement.interrupted.map(String.init).joined(separator: ", ")
      logger.warn("removed half-made releases: \(numbers)")
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
    if unlink(layout.reload) == 0 { logger.info("RELOAD was there already: this start is what it asks for") }
    if geteuid() == 0, settings.appUser == nil {
      logger.warn("git, builds and the app run as root: make a user `bun` in the image, or set APP_USER")
    }
    do throws(SystemError) {
      reloads = try ReloadWatch(folder: layout.releases, logger: logger) { [project] in
        await project.reload(by: "RELOAD")
      }
    } catch {
      logger.error("RELOAD is not watched: \(error)")
    }
    zombies.start()
    await project.boot(settlement)
    logs.settle()
    _ = await history.checkLater()
  }

  private func checkKey() async -> String? {
    let ssh = SSHAccess(folder: layout.ssh, owner: settings.appUser?.identity)
    do throws(SystemError) {
      try ssh.prepare(key: settings.sshKey, knownHosts: settings.knownHosts?.joined(separator: "\n"))
    } catch {
      return "\(error)"
    }
    guard settings.sshKey != nil else { return nil }
    return await ssh.validate(runner: project.stepRunner, environment: project.starter.userEnvironment)
  }

  private func prepareFolders() throws(SystemError) {
    try Files.makeDirectory(layout.logs)
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
    case SIGHUP: reloads?.request()
    default: project.handoff.signal(number)
    }
  }
}
