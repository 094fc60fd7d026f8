import Linux

/// Decides what is sent when: in order within a lane, one at a time on a channel, few at once, late ones again.
struct SendQueue {
  struct Entry {
    /// Of this process alone.
    let key: Int
    let lane: String
    var message: OutboxMessage
    var isSending = false
  }

  enum Verdict: Equatable {
    case done
    case again(after: Duration, attempts: Int, dueAt: Timestamp)
    case givenUp
  }

  static let capacity = 1000
  static let atOnce = 4

  private(set) var entries: [Entry] = []
  private var nextKey = 0

  var isEmpty: Bool { entries.isEmpty }

  /// Returns what had to go to make room: the oldest.
  mutating func add(_ message: OutboxMessage, lane: String) -> [OutboxMessage] {
    entries.append(Entry(key: nextKey, lane: "\(message.channel) \(lane)", message: message))
    nextKey += 1
    var dropped: [OutboxMessage] = []
    while entries.count > Self.capacity, let index = entries.firstIndex(where: { !$0.isSending }) {
      dropped.append(entries.remove(at: index).message)
    }
    return dropped
  }

  /// What is to be sent now.
  mutating func next(at now: Timestamp) -> [Entry] {
    var free = Self.atOnce - entries.count { $0.isSending }
    var started: [Entry] = []
    for index in ready() where free > 0 && isDue(entries[index], at: now) {
      // The one before it may have taken the channel.
      guard !started.contains(where: { $0.message.channel == entries[index].message.channel }) else {
        continue
      }
      entries[index].isSending = true
      started.append(entries[index])
      free -= 1
    }
    return started
  }

  /// When to look again; nil while only the end of a send can change anything.
  func nextDue(at now: Timestamp) -> Timestamp? {
    ready().map { isDue(entries[$0], at: now) ? now : entries[$0].message.dueAt }.min()
  }

  mutating func finish(
    _ key: Int, _ outcome: DeliveryOutcome, at now: Timestamp, jitter: Double
  ) -> Verdict {
    guard let index = entries.firstIndex(where: { $0.key == key }) else { return .done }
    let age = now.milliseconds - entries[index].message.queuedAt.milliseconds
    switch outcome {
    case .accepted:
      entries.remove(at: index)
      return .done
    case .never:
      entries.remove(at: index)
      return .givenUp
    case .canceled:
      entries[index].isSending = false
      return .done
    case .later, .unavailable:
      var asked: Duration?
      if case .later(_, let after) = outcome { asked = after }
      let attempts = entries[index].message.attempts + 1
      let delay = Backoff.delay(afterAttempts: attempts, atLeast: asked, jitter: jitter)
      guard age + delay.milliseconds < Backoff.patience.milliseconds else {
        entries.remove(at: index)
        return .givenUp
      }
      let dueAt = Timestamp(milliseconds: now.milliseconds + delay.milliseconds)
      entries[index].message.attempts = attempts
      entries[index].message.dueAt = dueAt
      entries[index].isSending = false
      return .again(after: delay, attempts: attempts, dueAt: dueAt)
    }
  }

  /// The first of each lane whose channel is free.
  private func ready() -> [Int] {
    let busy = Set(entries.lazy.filter(\.isSending).map(\.message.channel))
    var lanes: Set<String> = []
    return entries.indices.filter { index in
      let entry = entries[index]
      return lanes.insert(entry.lane).inserted && !entry.isSending && !busy.contains(entry.message.channel)
    }
  }

  /// Also what a clock that was set back has put far away.
  private func isDue(_ entry: Entry, at now: Timestamp) -> Bool {
    let wait = entry.message.dueAt.milliseconds - now.milliseconds
    return wait <= 0 || wait > 2 * Backoff.longest.milliseconds
  }
}
