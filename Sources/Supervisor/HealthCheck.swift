import Linux

/// When a starting app counts as healthy, and how often to ask.
package struct HealthCheck: Sendable {
  private let path: String?
  private let interval: Duration
  package let timeout: Duration

  package init(path: String?, interval: Duration, timeout: Duration) {
    self.path = path
    self.interval = interval
    self.timeout = timeout
  }

  /// Without a path of its own any app that answers anything but a server error will do.
  func accepts(_ status: Int) -> Bool { path == nil ? status < 500 : (200..<400).contains(status) }

  /// A tenth of the time it has taken so far: dense at first, since a Bun app is up in milliseconds.
  func pause(after elapsed: Duration) -> Duration { min(interval, max(.milliseconds(5), elapsed / 10)) }

  package enum Verdict: Sendable, Equatable {
    case healthy(ProbeResult)
    case exited(AppInstance.Exit)
    /// The last probe that reached out for the app, and what kept the manager from asking again.
    case unhealthy(ProbeResult?, shortage: SystemError?)
    case canceled
  }

  /// Probes until the app is healthy, gone or out of time. `onProbe` hears of every result that differs from
  /// the one before.
  @MainLoop
  package func wait(
    for app: AppInstance, port: UInt16, socket: AppSocket? = nil, within limit: Duration,
    onProbe: (ProbeResult) -> Void
  ) async -> Verdict {
    let started = ContinuousClock.Instant.now
    let deadline = started + limit
    var (last, told): (ProbeResult?, ProbeResult?)
    while true {
      if Task.isCancelled { return .canceled }
      if !app.isRunning { return .exited(await app.exit.value()) }
      let remaining = deadline - .now
      if remaining <= .zero { return .unhealthy(last, shortage: told?.shortage) }
      let result = await Probe.get(
        port: port, socket: socket, path: path ?? "/", timeout: min(remaining, .seconds(5)))
      // The answer may have come from whoever else has that port.
      if !app.isRunning { return .exited(await app.exit.value()) }
      if result.status != told?.status || result.failure != told?.failure { onProbe(result) }
      told = result
      if result.shortage == nil { last = result }
      if let status = result.status, accepts(status) { return .healthy(result) }
      // A crash ends the pause: nobody should wait for a probe of what is gone.
      _ = await app.ended.value(within: pause(after: .now - started))
    }
  }
}
