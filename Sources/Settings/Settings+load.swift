import Linux

extension Settings {
  /// A check that another module makes of a setting whose meaning it owns: a clause about what is wrong with
  /// the value, or nil.
  package typealias Check = @Sendable (String) -> String?

  package static func load(
    from surroundings: Surroundings = .process, checks: [String: Check] = [:]
  ) throws(SettingsError) -> Settings {
    var reader = SettingsReader(surroundings)
    let (repository, credentials) = reader.repository()
    let (port, controlPort) = reader.ports()
    let sshKey = reader.sshKey()
    let webhookSecret = reader.secret("WEBHOOK_SECRET")
    let settings = Settings(
      repository: repository,
      branch: reader.read(
        "GIT_BRANCH", otherwise: "main", allowed: BranchName.allowed, BranchName.parse),
      sshKey: sshKey,
      knownHosts: reader.knownHosts(),
      credentials: credentials,
      root: reader.folder("APP_ROOT", otherwise: "/app"),
      port: port,
      controlPort: controlPort,
      webhookPath: reader.route("WEBHOOK_PATH") ?? "/deploy",
      webhookSecret: webhookSecret,
      metricsToken: reader.secret("METRICS_TOKEN"),
      access: reader.access(),
      record: reader.record(),
      notifications: reader.notifications(webhookSecret: webhookSecret),
      front: reader.front(),
      commands: Commands(
        install: reader.command("INSTALL_COMMAND") ?? .install,
        build: reader.command("BUILD_COMMAND") ?? .build,
        release: reader.command("RELEASE_COMMAND"),
        start: reader.command("START_COMMAND") ?? .start),
      keepReleases: reader.count("KEEP_RELEASES", otherwise: 4, upTo: 1000),
      sharedPaths: reader.value("SHARED_PATHS") ?? "",
      timeouts: Timeouts(
        deploy: reader.duration("DEPLOY_TIMEOUT", otherwise: .seconds(600)),
        install: reader.duration("INSTALL_TIMEOUT"),
        build: reader.duration("BUILD_TIMEOUT"),
        release: reader.duration("RELEASE_TIMEOUT")),
      healthCheck: HealthCheck(
        path: reader.route("HEALTH_CHECK_PATH"),
        interval: reader.duration("HEALTH_CHECK_INTERVAL", otherwise: .seconds(5)),
        timeout: reader.duration("HEALTH_CHECK_TIMEOUT", otherwise: .seconds(120))),
      handoff: reader.handoff(port: port, controlPort: controlPort),
      drainTimeout: reader.duration("DRAIN_TIMEOUT", otherwise: .seconds(30)),
      stopTimeout: reader.stopTimeout(),
      watchTime: reader.duration("WATCH_TIME", otherwise: .seconds(10)),
      shutdownTimeout: reader.duration("SHUTDOWN_TIMEOUT", otherwise: .seconds(9)),
      appUser: reader.appUser(),
      logFormat: reader.logFormat(),
      secrets: reader.allSecrets(),
      childEnvironment: ChildEnvironment.make(from: surroundings.environment, repository: repository))
    for (name, check) in checks.sorted(by: { $0.key < $1.key }) { reader.run(check, of: name) }
    guard reader.problems.isEmpty else { throw SettingsError(lines: reader.problems) }
    return settings
  }
}

/// The little that is needed without a manager: for a verb that talks to one, or for `init`.
package struct BasicSettings: Sendable {
  package let root: String
  package let stopTimeout: Duration
  package let logFormat: Settings.LogFormat
  package let environment: [String: String]

  package static func load(from surroundings: Surroundings = .process) throws(SettingsError) -> BasicSettings
  {
    var reader = SettingsReader(surroundings)
    let settings = BasicSettings(
      root: reader.folder("APP_ROOT", otherwise: "/app"),
      stopTimeout: reader.stopTimeout(),
      logFormat: reader.logFormat(),
      environment: surroundings.environment)
    guard reader.problems.isEmpty else { throw SettingsError(lines: reader.problems) }
    return settings
  }
}
