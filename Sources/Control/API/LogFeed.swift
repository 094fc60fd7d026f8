import History
import Linux

/// Tells the readers of one deployment that there is more. Many are told less often: what comes meanwhile leaves in
/// one write, and a write to each of a thousand costs the same for one event as for ten.
@MainLoop
final class LogFeed {
  private let log: DeploymentLog
  private var readers: [ObjectIdentifier: LogPump] = [:]
  private let onChange: @MainLoop () -> Void
  private var follower: Int?
  private var timer: TimerToken?
  private var lastTold = ContinuousClock.Instant.now - .seconds(1)

  var isEmpty: Bool { readers.isEmpty }

  /// `onChange` is told at once.
  init(_ log: DeploymentLog, onChange: @escaping @MainLoop () -> Void) {
    self.log = log
    self.onChange = onChange
    follower = log.follow { [weak self] in self?.changed() }
  }

  func add(_ reader: LogPump) { readers[ObjectIdentifier(reader)] = reader }

  func remove(_ reader: LogPump) { readers[ObjectIdentifier(reader)] = nil }

  func close() {
    if let follower { log.unfollow(follower) }
    follower = nil
    timer?.cancel()
  }

  /// At a thousand readers ten times a second; one is told at once.
  private var interval: Duration {
    readers.count < 20 ? .zero : .microseconds(min(250_000, readers.count * 100))
  }

  private func changed() {
    onChange()
    if log.isFinished { return tell() }
    guard timer == nil else { return }
    let rest = interval - (ContinuousClock.Instant.now - lastTold)
    if rest <= .zero { return tell() }
    timer = EventLoop.main.after(rest) { [weak self] in self?.tell() }
  }

  private func tell() {
    timer?.cancel()
    timer = nil
    lastTold = .now
    for reader in readers.values { reader.pump() }
  }
}
