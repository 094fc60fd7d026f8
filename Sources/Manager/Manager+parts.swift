import Front
import Glibc
import History
import Linux
import Log
import Pipeline
import Releases
import Settings
import Supervisor

/// How the parts are put together.
extension Manager {
  static func makeFront(_ settings: Settings, _ layout: Layout, _ log: Log) throws(ReleaseError)
    -> (Front, FileDescriptor)
  {
    do throws(SystemError) {
      // Through the folder's descriptor: APP_ROOT may be too deep for a socket's path.
      let (webhook, shared) = try Socket.shortPath(layout.webhookSocket)
      var configuration = FrontConfiguration(settings.front)
      configuration.webhook = (settings.webhookPath, .unix(webhook))
      let lines = AccessLogLines(log)
      configuration.writeAccessLog = { lines.add($0) }
      return (try Front(configuration), shared)
    } catch {
      throw ReleaseError("The front cannot be made: \(error).", cause: error)
    }
  }

  static func makeHandoff(
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
        fixedPort: fixedPort, folder: layout.run, owner: settings.appUser?.identity.uid ?? geteuid()),
      desk: desk, health: health, site: site,
      options: Handoff.Options(
        isInPlace: isInPlace, drainTimeout: settings.drainTimeout, holdTimeout: settings.front.holdTimeout,
        stopTimeout: settings.stopTimeout, watchTime: settings.watchTime,
        keepsAssets: !settings.front.assetPaths.isEmpty),
      logger: logger)
  }

  static func makeProject(
    _ settings: Settings, _ layout: Layout, _ desk: ReleaseDesk, _ history: History, _ logs: DeploymentLogs,
    _ handoff: Handoff,
    _ starter: AppStarter, _ runner: CommandRunner, _ logger: Logger, _ redactor: Redactor
  ) -> Project {
    let identity = settings.appUser?.identity
    let stepRunner = CommandStepRunner(runner: runner, identity: identity)
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
      slug: "main", settings: settings, desk: desk, history: history, logs: logs, handoff: handoff, git: git,
      stepRunner: stepRunner, rootRunner: CommandStepRunner(runner: runner, identity: nil), starter: starter,
      logger: logger, redactor: redactor)
  }
}

extension FrontConfiguration {
  init(_ settings: Settings.Front) {
    self.init()
    loops = settings.threads
    limits.holdTime = settings.holdTimeout
    limits.held = settings.holdLimit
    trustedProxies = TrustedProxies(of: settings)
    assetPaths = settings.assetPaths
    accessLog =
      switch settings.accessLog {
      case .off: .off
      case .text: .text
      case .json: .json
      }
  }
}

extension TrustedProxies {
  /// The setting was checked when it was read.
  init(of settings: Settings.Front) {
    self = (try? TrustedProxies(parsing: settings.trustedProxies)) ?? .none
  }
}
