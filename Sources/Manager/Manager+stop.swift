import Front
import Glibc
import Linux
import Log
import Server
import Settings
import Supervisor

extension Manager {
  /// All of it within SHUTDOWN_TIMEOUT, since `docker stop` kills after ten seconds: at most half of it for the
  /// requests in flight, then SIGTERM to the app, SIGKILL a second before the end.
  func stop(because signal: String, grace: Bool) {
    guard !isStopping else {
      // The second one may have less patience than the first.
      if !grace { Task { @MainLoop in await cutShort() } }
      return
    }
    isStopping = true
    logger.info("stopping on \(signal)")
    let total = settings.shutdownTimeout
    let end = ContinuousClock.Instant.now + total
    EventLoop.main.after(total) { [self] in
      logger.error("not everything stopped within \(describe(total)); leaving it to the kernel")
      EventLoop.main.stop()
    }
    Task { @MainLoop in
      news.stop()
      for project in all { project.beginStop() }
      await front.stop(within: grace ? total / 2 : .zero)
      let remaining = end - .now
      let appGrace = grace ? max(remaining - .seconds(1), remaining / 2) : .zero
      let stops = all.map { project in Task { @MainLoop in await project.stop(appGrace: appGrace) } }
      for stop in stops { await stop.value }
      for server in servers { await server.stop(within: .milliseconds(200)) }
      await PIDOne.endDescendants(grace: grace ? .milliseconds(300) : .zero, table: table)
      logger.info("stopped")
      EventLoop.main.stop()
    }
  }

  private func cutShort() async {
    await front.stop(within: .zero)
    for project in all { await project.handoff.close(grace: .zero) }
  }
}
