extension Settings {
  /// The settings of a project beside `main`. What only fits one app, such as its commands and its health check,
  /// begins anew from the defaults: `main`'s migrations must not run for another.
  package func forProject(
    root: String, repository text: String, branch: String, healthPath: String? = nil, install: String? = nil,
    build: String? = nil, release: String? = nil, start: String? = nil
  ) throws(SettingsError) -> Settings {
    var check = ProjectCheck()
    let (address, login) =
      check.take(
        text, as: "repository", allowed: Repository.allowed, shown: Repository.withoutCredentials,
        Repository.parse) ?? (self.repository, nil)
    var copy = self
    copy.root = root
    copy.repository = address
    copy.branch =
      check.take(branch, as: "branch", allowed: BranchName.allowed, BranchName.parse) ?? self.branch
    copy.credentials = login ?? (address.isOnSameServer(as: repository) ? credentials : nil)
    copy.commands = Commands(
      install: check.command(install, as: "installCommand") ?? .install,
      build: check.command(build, as: "buildCommand") ?? .build,
      release: check.command(release, as: "releaseCommand"),
      start: check.command(start, as: "startCommand") ?? .start)
    copy.healthCheck = HealthCheck(
      path: healthPath.flatMap {
        check.take($0, as: "healthPath", allowed: SettingsReader.routes, SettingsReader.parseRoute)
      }, interval: healthCheck.interval, timeout: healthCheck.timeout)
    copy.sharedPaths = ""
    copy.handoff = .beside
    copy.childEnvironment["GIT_REPO"] = copy.childEnvironment["GIT_REPO"].map { _ in address.address }
    copy.childEnvironment["GIT_BRANCH"] = copy.childEnvironment["GIT_BRANCH"].map { _ in copy.branch }
    copy.childEnvironment["APP_PORT"] = nil
    if let login { copy.secrets = Set(secrets).union(login.secrets).sorted() }
    guard check.problems.isEmpty else { throw SettingsError(lines: check.problems) }
    return copy
  }
}

/// Collects what is wrong with a project, a sentence each.
private struct ProjectCheck {
  private(set) var problems: [String] = []

  mutating func take<Value>(
    _ text: String, as name: String, allowed: String, shown: (String) -> String = { $0 },
    _ parse: (String) throws(Refusal) -> Value
  ) -> Value? {
    do throws(Refusal) {
      return try parse(text)
    } catch {
      let reason = error.reason.isEmpty ? "" : ", \(error.reason)"
      problems.append("\(name) is \(SettingsReader.quoted(shown(text)))\(reason); it may be \(allowed).")
      return nil
    }
  }

  /// An empty one is none, as an empty variable is.
  mutating func command(_ text: String?, as name: String) -> ShellCommand? {
    guard let text, !text.isEmpty else { return nil }
    return take(text, as: name, allowed: "a line for the shell of up to 8192 bytes") { text throws(Refusal) in
      // A process cannot be given it.
      guard !text.utf8.contains(0) else { throw Refusal("which has a NUL in it") }
      guard text.utf8.count <= 8192 else { throw Refusal("which is \(text.utf8.count) bytes long") }
      return ShellCommand(text: text, isDefault: false)
    }
  }
}
