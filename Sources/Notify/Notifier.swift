import Linux

/// Tells the world how deployments go. Nothing in here fails or delays one: it writes down what is to be sent,
/// sends it in the background, and says in the log what did not arrive.
@MainLoop
package final class Notifier {
  private let channels: [any Channel]
  private let outbox: any Outbox
  private let sender: any Sender
  private let clock: NotifierClock
  /// For warnings.
  private let log: @MainLoop (String) -> Void

  private var queue = SendQueue()
  private var sends: [Int: Task<Void, Never>] = [:]
  /// The earliest of the timers that are set.
  private var wakeAt: Timestamp?
  private var isLoaded = false
  private var isStopped = false
  private var hasWarnedOfObstacle = false

  package init(
    channels: [any Channel], outbox: any Outbox, sender: any Sender, clock: NotifierClock = .real,
    log: @escaping @MainLoop (String) -> Void
  ) {
    self.channels = channels
    self.outbox = outbox
    self.sender = sender
    self.clock = clock
    self.log = log
  }

  package var hasChannels: Bool { !channels.isEmpty }

  /// At the start: goes on with what the manager before this one had not got rid of.
  package func resume() {
    if !channels.isEmpty { warn(of: sender.obstacle) }
    load()
    pump()
  }

  /// To be called in the turn of the loop that records what the news are about: both are then written as one.
  package func tell(_ news: DeploymentNews) {
    load()
    for channel in channels where channel.takes(news) { add(news, to: channel) }
    outbox.whenStored { [self] failure in
      if let failure, !channels.isEmpty {
        log("notifications could not be stored (\(failure)); they are lost if the manager ends now")
      }
      pump()
    }
  }

  /// Ends what is being sent. It stays in the outbox; so does what is told from now on.
  package func stop() {
    isStopped = true
    for task in sends.values { task.cancel() }
  }

  /// Sends a message on every channel, now, and returns what became of each.
  package func test() async -> [(channel: String, isAccepted: Bool, sentence: String)] {
    let tests = channels.map { channel in
      let sender = sender
      return (channel.title, Task { @MainLoop in await channel.test(by: sender) })
    }
    var results: [(channel: String, isAccepted: Bool, sentence: String)] = []
    for (title, task) in tests {
      let outcome = await task.value
      results.append((title, outcome == .accepted, Self.sentence(outcome)))
    }
    return results
  }

  private static func sentence(_ outcome: DeliveryOutcome) -> String {
    switch outcome {
    case .accepted: "accepted"
    case .later(let reason, _), .never(let reason), .unavailable(let reason): "not sent: \(reason)"
    case .canceled: "not sent: the manager is stopping"
    }
  }

  /// 128 bits by chance, as lowercase hexadecimal.
  static func newDelivery() -> String {
    func part() -> String {
      let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    return part() + part()
  }

  // MARK: Adding

  /// Once, before anything is added: what is older goes out first.
  private func load() {
    guard !isLoaded else { return }
    isLoaded = true
    var orphans = 0
    do {
      for var message in try outbox.messages() {
        message.mayHaveBeenSent = true
        guard let channel = channel(message.channel),
          let (news, _) = DeploymentNews.restored(message.body, kind: message.kind)
        else {
          orphans += 1
          remove(message)
          continue
        }
        for dropped in queue.add(message, lane: channel.lane(of: news)) { drop(dropped) }
      }
    } catch {
      log("the notifications that wait could not be read: \(error)")
    }
    if orphans > 0 { log("forgot \(orphans) notifications for channels that are not set up any more") }
  }

  private func add(_ news: DeploymentNews, to channel: any Channel) {
    let now = clock.now()
    var message = OutboxMessage(
      id: nil, deployment: news.id, channel: channel.name, kind: news.kind.rawValue,
      body: news.stored(delivery: Self.newDelivery()), attempts: 0, dueAt: now, queuedAt: now)
    do {
      message.id = try outbox.add(message)
    } catch {
      // It is sent all the same: a full disk is news.
      log("a notification for \(channel.title) could not be stored: \(error)")
    }
    for dropped in queue.add(message, lane: channel.lane(of: news)) { drop(dropped) }
  }

  private func drop(_ message: OutboxMessage) {
    remove(message)
    log(
      "more than \(SendQueue.capacity) notifications wait: the oldest, \(describe(message)), was dropped")
  }

  // MARK: Sending

  private func pump() {
    guard !isStopped else { return }
    let now = clock.now()
    for entry in queue.next(at: now) { start(entry) }
    guard let due = queue.nextDue(at: now), due > now, wakeAt.map({ due < $0 || $0 <= now }) ?? true else {
      return
    }
    wakeAt = due
    clock.after(.milliseconds(min(due.milliseconds - now.milliseconds, 3_600_000))) { [weak self] in
      guard let self else { return }
      if wakeAt == due { wakeAt = nil }
      pump()
    }
  }

  private func start(_ entry: SendQueue.Entry) {
    sends[entry.key] = Task { @MainLoop in
      let outcome = await attempt(entry.message)
      sends[entry.key] = nil
      finish(entry, outcome)
      pump()
    }
  }

  private func attempt(_ message: OutboxMessage) async -> DeliveryOutcome {
    guard let channel = channel(message.channel),
      let (news, delivery) = DeploymentNews.restored(message.body, kind: message.kind)
    else { return .never("it cannot be read") }
    return await channel.deliver(
      news, delivery: delivery, isRetry: message.attempts > 0 || message.mayHaveBeenSent, by: sender)
  }

  private func finish(_ entry: SendQueue.Entry, _ outcome: DeliveryOutcome) {
    let verdict = queue.finish(entry.key, outcome, at: clock.now(), jitter: clock.jitter())
    switch verdict {
    case .done:
      if outcome == .accepted { remove(entry.message) }
    case .givenUp:
      remove(entry.message)
      log("\(describe(entry.message)) is given up: \(reason(outcome))")
    case .again(let delay, let attempts, let dueAt):
      if let id = entry.message.id {
        do {
          try outbox.reschedule(id, attempts: attempts, dueAt: dueAt)
        } catch {
          log("\(describe(entry.message)) could not be put off on disk: \(error)")
        }
      }
      // Once, not at every attempt.
      if case .unavailable(let reason) = outcome { return warn(of: reason) }
      if attempts == 1 {
        log(
          "\(describe(entry.message)) was not sent: \(reason(outcome)); trying again in \(Linux.describe(delay))"
        )
      }
    }
  }

  private func remove(_ message: OutboxMessage) {
    guard let id = message.id else { return }
    do {
      try outbox.remove(id)
    } catch {
      log("\(describe(message)) could not be taken off the outbox, and may be sent again: \(error)")
    }
  }

  private func warn(of obstacle: String?) {
    guard let obstacle, !hasWarnedOfObstacle else { return }
    hasWarnedOfObstacle = true
    log(obstacle)
  }

  private func reason(_ outcome: DeliveryOutcome) -> String {
    switch outcome {
    case .later(let reason, _), .never(let reason), .unavailable(let reason): reason
    case .accepted, .canceled: ""
    }
  }

  private func describe(_ message: OutboxMessage) -> String {
    let title = channel(message.channel)?.title ?? message.channel
    return "the \(title) message about deployment #\(message.deployment) (\(message.kind))"
  }

  private func channel(_ name: String) -> (any Channel)? { channels.first { $0.name == name } }
}
