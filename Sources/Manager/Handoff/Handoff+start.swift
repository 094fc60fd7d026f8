import Front
import Linux
import Log
import Pipeline
import Releases
import Supervisor

extension Handoff {
  /// Starts it and waits until it is healthy. Of one that does not get there nothing is left.
  func start(_ release: Release, within limit: Duration?, _ narrator: Narrator) async throws(DeployError)
    -> RunningApp
  {
    let place = try places.next(for: release.number)
    do throws(DeployError) {
      return try await start(release, at: place, within: limit, narrator)
    } catch {
      // It is gone, so whoever listens there now took the port from it.
      guard !places.isFixed, error.code == .start || error.code == .unhealthy, !Task.isCancelled,
        Socket.isListening(on: place.port)
      else { throw error }
      narrator.warn("another process has taken port \(place.port) meanwhile; trying another port")
      return try await start(release, at: try places.next(for: release.number), within: limit, narrator)
    }
  }

  private func start(
    _ release: Release, at place: AppPlace, within limit: Duration?, _ narrator: Narrator
  ) async throws(DeployError) -> RunningApp {
    guard !isClosed else { throw DeployError(.canceled, "canceled: the manager is stopping") }
    let appLog = logger.named("app r\(release.number)")
    let instance = try starter.start(release, at: place) { appLog.info($0) }
    starting.append(instance)
    narrator.info("Started release \(release.number) (pid \(instance.pid)) on port \(place.port)")
    let patience = min(health.timeout, limit ?? health.timeout)
    let verdict = await health.wait(
      for: instance, port: place.port, socket: place.socket, within: patience
    ) { narrator.info($0.summary) }
    let error: DeployError
    switch verdict {
    case .healthy(let probe):
      let app = RunningApp(
        release, instance, address: probe.address ?? .loopback(place.port), socket: place.socket)
      follow(app)
      return app
    case .exited(let exit):
      error = DeployError(
        .start,
        "release \(release.number) ended while it started: \(exit.explanation)"
          + PortTrouble.taken(instance.lastLines, insteadOf: place.port),
        exitCode: exit.status.shellCode)
    case .unhealthy(let last, let shortage):
      error = DeployError(.unhealthy, unhealthy(release, instance, place, patience, last, shortage))
    case .canceled: error = DeployError(.canceled, "canceled while release \(release.number) started")
    }
    tell(instance, of: release, narrator)
    await instance.stop(grace: options.stopTimeout)
    starting.removeAll { $0 === instance }
    place.socket?.remove()
    throw error
  }

  private func unhealthy(
    _ release: Release, _ app: AppInstance, _ place: AppPlace, _ patience: Duration, _ last: ProbeResult?,
    _ shortage: SystemError?
  ) -> String {
    var sentence = "release \(release.number) was not healthy within \(describe(patience))"
    if let last { sentence += " (\(last.summary))" }
    if let shortage { sentence += PortTrouble.unasked(shortage) }
    guard last?.status == nil else { return sentence }
    return sentence + PortTrouble.elsewhere(ListeningPorts.of(group: app.pid), insteadOf: place.port)
  }

  func tell(_ instance: AppInstance, of release: Release, _ narrator: Narrator) {
    guard !instance.lastLines.isEmpty else { return }
    narrator.info("The last lines of release \(release.number):")
    for line in instance.lastLines { narrator.line("stdout", line) }
  }

  /// From its first answer to its end.
  private func follow(_ app: RunningApp) {
    Task { @MainLoop in
      noticeEnd(of: app, await app.instance.ended.value())
      _ = await app.instance.exit.value()
      app.forgetSocket()
    }
  }

  func noticeEnd(of app: RunningApp, _ exit: AppInstance.Exit) {
    guard !exit.wanted, !isClosed else { return }
    if live === app {
      live = nil
      crashed = app
      onCrash(app, exit)
    } else if let retiree = retirees.first(where: { $0.app === app }) {
      logger.warn("release \(app.release.number), which served before, ended: \(exit.explanation)")
      retiree.task?.cancel()
      forget(retiree)
    }
  }
}
