import Linux
import Pipeline
import Releases
import Settings
import Supervisor

/// Starts a release's app: from its real folder, with the environment that INTERFACE.md promises.
@MainLoop
struct AppStarter {
  let settings: Settings
  let layout: Layout
  let table: ProcessTable
  let marks: Marks
  let memory: MemoryControl?

  func start(_ release: Release, at place: AppPlace, onLine: @escaping @MainLoop (String) -> Void)
    throws(DeployError) -> AppInstance
  {
    let start = settings.commands.start
    let arguments = start.isDefault ? ["bun", "start"] : ["/bin/sh", "-c", "exec " + start.text]
    var environment = environment(release: release.number, commit: release.revision.commit)
    environment["PORT"] = String(place.port)
    environment["APP_SOCKET"] = place.socket?.path
    let command = Command(
      arguments, environment: environment,
      directory: layout.release(release.number),
      identity: settings.appUser?.identity, timeout: .seconds(0))
    do throws(CommandFailure) {
      return try AppInstance(
        command, table: table, marks: marks, memory: memory, stopGrace: settings.stopTimeout, onLine: onLine)
    } catch {
      switch error {
      case .notFound(let name):
        throw DeployError(.start, "starting the app failed: there is no program \(name) in the container")
      case .notExecutable(let name):
        throw DeployError(.start, "starting the app failed: \(name) is not executable")
      case .notStarted(let cause): throw DeployError(.start, "starting the app failed: \(cause)")
      case .timedOut, .canceled: throw DeployError(.canceled, "starting the app was canceled")
      }
    }
  }

  /// What cannot be started at all is refused before anything that runs is stopped for it.
  func obstacle(to release: Release) -> String? {
    let folder = layout.release(release.number)
    guard Files.resolvedKind(folder) == .directory else {
      return "releases/\(release.number) is not a folder"
    }
    guard settings.commands.start.isDefault else { return nil }
    guard Files.resolvedKind(folder + "/package.json") == .file else {
      return "releases/\(release.number) has no package.json, so `bun start` cannot start it"
    }
    guard let package = PackageFile(folder: folder) else {
      return "the package.json of release \(release.number) cannot be read"
    }
    guard package.hasScript("start") else {
      return "the package.json of release \(release.number) has no start script for `bun start`"
    }
    return nil
  }

  /// For a build as well, which must not depend on the port of the moment.
  func environment(release: Int, commit: String?) -> [String: String] {
    var variables = userEnvironment
    variables["PORT"] = String(settings.port)
    variables["RELEASE"] = String(release)
    variables["GIT_REV"] = commit
    variables["SOURCE_COMMIT"] = commit
    return variables
  }

  /// The container's environment, with the home of whoever the children run as.
  var userEnvironment: [String: String] {
    var variables = settings.childEnvironment
    if let user = settings.appUser {
      variables["HOME"] = user.home
      variables["USER"] = user.name
      variables["LOGNAME"] = user.name
    }
    return variables
  }
}
