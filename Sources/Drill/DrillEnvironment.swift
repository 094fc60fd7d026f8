/// What the rehearsal's manager is told: nothing of the container's secrets, and short times.
package struct DrillEnvironment: Sendable {
  /// Without these nothing runs as it does here.
  private static let surroundings = ["PATH", "HOME", "TMPDIR", "LANG", "TZ", "APP_USER"]

  /// For an app of one's own, where they are set. None is a secret.
  private static let ofApps = [
    "INSTALL_COMMAND", "HEALTH_CHECK_PATH", "HEALTH_CHECK_TIMEOUT", "HANDOFF", "APP_PORT", "SHARED_PATHS",
    "DEPLOY_TIMEOUT", "INSTALL_TIMEOUT", "BUILD_TIMEOUT", "STOP_TIMEOUT",
  ]

  private static let commands = [("BUILD_COMMAND", "build"), ("START_COMMAND", "start")]

  /// All that the drill itself needs of the environment it is called in.
  package static func needed(of environment: [String: String]) -> [String: String] {
    let names = surroundings + ofApps + commands.map(\.0) + ["TERM", "NO_COLOR"]
    return environment.filter { names.contains($0.key) }
  }

  package let manager: [String: String]
  /// BUILD_COMMAND and START_COMMAND as scripts of the app.
  package let scripts: [(name: String, command: String)]

  package init(
    from environment: [String: String], isOwnApp: Bool, scratch: String, repository: String,
    ports: (app: UInt16, control: UInt16)
  ) {
    let passed = Self.surroundings + (isOwnApp ? Self.ofApps : [])
    var settings = [
      "GIT_BRANCH": "main", "WATCH_TIME": "2", "HEALTH_CHECK_INTERVAL": "1", "DRAIN_TIMEOUT": "5",
      "STOP_TIMEOUT": "3", "SHUTDOWN_TIMEOUT": "4",
      // A stranger's app may take its time to start.
      "HEALTH_CHECK_TIMEOUT": isOwnApp ? "10" : "3",
    ]
    settings.merge(environment.filter { passed.contains($0.key) && !$0.value.isEmpty }) { $1 }
    settings["APP_ROOT"] = scratch + "/app"
    settings["GIT_REPO"] = repository
    settings["PORT"] = String(ports.app)
    settings["CONTROL_PORT"] = String(ports.control)
    manager = settings
    scripts = Self.commands.compactMap { setting, script in
      guard isOwnApp, let command = environment[setting], !command.isEmpty else { return nil }
      return (script, command)
    }
  }
}
