import Control
import Glibc
import HTTP
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
  private let log: Log
  private let logger: Logger
  private let table = ProcessTable()
  private let marks: Marks
  private let runner: CommandRunner
  private let layout: Layout
  private let lock: InstanceLock
  private let history: History
  private let zombies: ZombieWatch
  private let settlement: SettlementReport
  private var servers: [HTTPServer] = []
  private var reloads: ReloadWatch?
  private var exitCode: Int32 = 0
  private var isStopping = false

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
      marks = Marks(root: settings.root)
      let memory = MemoryControl()
      runner = CommandRunner(table: table, marks: marks, memory: memory)
      zombies = ZombieWatch(logger: logger)
      project = Self.makeProject(
        settings, layout, desk, history, table, marks, memory, runner, logger, redactor)
    } catch {
      throw StartError(error)
    }
  }

  private static func openHistory(_ layout: Layout, _ logger: Logger) throws(ReleaseError) -> History {
    do throws(HistoryError) {
      let (history, warning) = try History.open(layout.database)
      if let warning { logger.warn(warning) }
      return history
    } catch {
      throw ReleaseError("\(layout.database) cannot be opened: \(error).")
    }
  }

  private static func makeProject(
    _ settings: Settings, _ layout: Layout, _ desk: ReleaseDesk, _ history: History, _ table: ProcessTable,
    _ marks: Marks, _ memory: MemoryControl?, _ runner: CommandRunner, _ logger: Logger, _ redactor: Redactor
  ) -> Project {
    let identity = settings.appUser?.identity
    let stepRunner = CommandStepRunner(runner: runner, identity: identity)
    let starter = AppStarter(settings: settings, layout: layout, table: table, marks: marks, memory: memory)
    let health = HealthCheck(
      path: settings.healthCheck.path, interval: settings.healthCheck.interval,
      timeout: settings.healthCheck.timeout)
    let handoff = Handoff(
      starter: starter, desk: desk, health: health, port: settings.port, stopTimeout: settings.stopTimeout,
      logger: logger)
    let source = RepositorySource(
      url: settings.repository.address, branch: settings.branch,
      isLocal: settings.repository.transport == .local,
      token: settings.credentials.map { .init(username: $0.user, secret: $0.password) })
    let ssh = SSHAccess(folder: layout.ssh, owner: identity)
    let environment = GitEnvironment(
      base: starter.userEnvironment, source: source, configFile: layout.shared + "/.gitconfig",
      sshCommand: ssh.command(hasKey: settings.sshKey != nil, strict: settings.knownHosts != nil))
    let git = Git(mirror: layout.mirror, source: source, environment: environment, runner: stepRunner)
    return Project(
      slug: "main", settings: settings, desk: desk, history: history, handoff: handoff, git: git,
      stepRunner: stepRunner, rootRunner: CommandStepRunner(runner: runner, identity: nil), starter: starter,
      logger: logger, redactor: redactor)
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
    try listen()
    Task { @MainLoop in await start() }
    EventLoop.main.run()
    history.close()
    log.flush()
    return exitCode
  }

  private func start() async {
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
      "\(settings.root) is managed from here; control port \(settings.controlPort), app port \(settings.port)"
    )
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
    if let owner = settings.appUser?.identity {
      // The app may ask for its own RELOAD, and bun fills its cache.
      for folder in [layout.releases, layout.cache] {
        try Files.changeOwner(folder, uid: owner.uid, gid: owner.gid)
      }
    }
    try Files.write(layout.shared + "/.gitconfig", ifOtherThan: Array(GitEnvironment.configuration.utf8))
  }

  private func listen() throws(StartError) {
    let webhook = WebhookRoute(
      manager: self, path: settings.webhookPath, secret: settings.webhookSecret)
    let control = HTTPServer(admit: webhook.admit, handler: webhook.handle)
    let commands = CommandRoutes(manager: self)
    let socket = HTTPServer(handler: { request, _, responder in commands.handle(request, responder) })
    let port: Listener
    let file: Listener
    do throws(ListenError) {
      port = try Listener.tcp(port: settings.controlPort, setting: "CONTROL_PORT")
      file = try Listener.unix(path: layout.socket)
    } catch {
      throw StartError(error)
    }
    do throws(SystemError) {
      try control.listen(port)
      try socket.listen(file)
    } catch {
      throw StartError(error)
    }
    servers = [control, socket]
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

  /// All of it within SHUTDOWN_TIMEOUT, since `docker stop` kills after ten seconds.
  private func stop(because signal: String, grace: Bool) {
    guard !isStopping else { return }
    isStopping = true
    logger.info("stopping on \(signal)")
    let total = settings.shutdownTimeout
    let appGrace = grace ? max(total - .seconds(1), total / 2) : .zero
    EventLoop.main.after(total) { [self] in
      logger.error("not everything stopped within \(describe(total)); leaving it to the kernel")
      EventLoop.main.stop()
    }
    Task { @MainLoop in
      await project.stop(appGrace: appGrace)
      for server in servers { await server.stop(within: .milliseconds(200)) }
      await PIDOne.endDescendants(grace: grace ? .milliseconds(300) : .zero, table: table)
      logger.info("stopped")
      EventLoop.main.stop()
    }
  }
}
