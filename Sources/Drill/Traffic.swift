import Linux

/// Steady traffic of a few clients that keep their connections and look at every answer.
@MainLoop
final class Traffic {
  struct Target: Sendable {
    let port: UInt16
    let path: String
    /// A stranger's app may answer 404 to `/`, as it may to the health check; the sample app may not.
    let lowestBadStatus: Int
  }

  private static let clients = 4
  /// Between an answer and the next request: steady, and light enough for a machine with other work to do.
  private static let pause = Duration.milliseconds(10)
  private static let patience = Duration.seconds(40)

  private let target: Target
  private var tally = Tally()
  private var tasks: [Task<Void, Never>] = []
  private let clock = RunningClock()
  private var ticking: Task<Void, Never>?
  private var isStopped = true

  init(_ target: Target) { self.target = target }

  /// What begins from now on counts for `tally`.
  func count(for tally: Tally) { self.tally = tally }

  func start() {
    guard isStopped else { return }
    isStopped = false
    tasks = (0..<Self.clients).map { _ in Task { @MainLoop in await self.keepAsking() } }
    ticking = Task { @MainLoop [clock] in await clock.run() }
  }

  /// Returns when the last request is answered.
  func stop() async {
    isStopped = true
    for task in tasks { await task.value }
    tasks = []
    ticking?.cancel()
  }

  /// As if every client had gone.
  func cancel() async {
    for task in tasks { task.cancel() }
    await stop()
  }

  private func keepAsking() async {
    let conversation = Conversation(with: .loopback(target.port))
    defer { conversation.close() }
    while !isStopped {
      let tally = tally
      tally.began()
      let started = ContinuousClock.Instant.now
      let failure = await Self.failure(conversation, target, within: Self.patience)
      tally.ended(after: .now - started, failure: failure, at: clock.now)
      await MainLoop.sleep(for: Self.pause)
    }
  }

  /// One request. nil: it was answered as it should be, to the last byte.
  static func failure(_ conversation: Conversation, _ target: Target, within limit: Duration) async -> String?
  {
    let request =
      "GET \(target.path) HTTP/1.1\r\nHost: localhost:\(target.port)\r\nUser-Agent: bascule-drill\r\n\r\n"
    switch await conversation.ask("GET", Array(request.utf8), within: limit) {
    case .failure(let trouble): return trouble.reason
    case .success(let answer):
      return answer.status < target.lowestBadStatus ? nil : "status \(answer.status)"
    }
  }
}
