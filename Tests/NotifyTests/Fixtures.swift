import JSON
import Linux

@testable import Notify

let hash = "0123456789abcdef0123456789abcdef01234567"

func record(
  id: Int64 = 12, project: String = "main", state: String = "success", trigger: String = "push",
  message: String? = "Fix it", error: String? = nil, release: Int? = 8, replaces: Int? = 7,
  started: Bool = true,
  commit: String? = hash
) -> JSONValue {
  [
    "id": .int(id), "project": .string(project), "state": .string(state), "trigger": .string(trigger),
    "actor": "alice", "ref": "main", "commit": JSONValue(commit), "message": JSONValue(message),
    "author": "Bob", "release": JSONValue(release), "replaces": JSONValue(replaces),
    "queuedAt": "2026-01-31T12:00:00.000Z",
    "startedAt": started ? "2026-01-31T12:00:01.000Z" : nil, "durationMs": 12345,
    "phases": [["name": "build", "durationMs": 1000]], "error": JSONValue(error),
  ]
}

func news(_ record: JSONValue = record(), publicURL: String? = nil, repository: String? = nil)
  -> DeploymentNews?
{
  DeploymentNews(deployment: record, publicURL: publicURL, repository: repository)
}

/// Answers as it was told to, and remembers what was sent.
@MainLoop final class ScriptedSender: Sender {
  var obstacle: String?
  var sent: [Transfer] = []
  var answer: @MainLoop (Transfer) async -> TransferOutcome = { _ in .answered(Answer(status: 200)) }
  private(set) var running = 0
  private(set) var mostAtOnce = 0

  func send(_ transfer: Transfer) async -> TransferOutcome {
    sent.append(transfer)
    running += 1
    mostAtOnce = max(mostAtOnce, running)
    defer { running -= 1 }
    return await answer(transfer)
  }

  var bodies: [String] { sent.map(\.body) }
}

extension Transfer {
  var body: String {
    guard case .request(_, let body?) = content else { return "" }
    return String(decoding: body, as: UTF8.self)
  }

  func header(_ name: String) -> String? {
    guard case .request(let headers, _) = content else { return nil }
    return headers.first { $0.name == name }?.value
  }
}

@MainLoop final class MemoryOutbox: Outbox {
  struct Full: Error {}

  var rows: [OutboxMessage] = []
  var isFull = false
  private var nextID: Int64 = 1
  private var stored: [@MainLoop (String?) -> Void] = []
  /// Whether what is added waits for `commit`.
  var isLazy = false

  func messages() throws -> [OutboxMessage] { rows }

  func add(_ message: OutboxMessage) throws -> Int64 {
    if isFull { throw Full() }
    var message = message
    message.id = nextID
    nextID += 1
    rows.append(message)
    return nextID - 1
  }

  func reschedule(_ id: Int64, attempts: Int, dueAt: Timestamp) throws {
    guard let index = rows.firstIndex(where: { $0.id == id }) else { return }
    rows[index].attempts = attempts
    rows[index].dueAt = dueAt
  }

  func remove(_ id: Int64) throws { rows.removeAll { $0.id == id } }

  func whenStored(_ body: @escaping @MainLoop (String?) -> Void) {
    if isLazy { stored.append(body) } else { body(nil) }
  }

  func commit(_ failure: String? = nil) {
    let bodies = stored
    stored = []
    for body in bodies { body(failure) }
  }
}

/// A clock that stands still until it is moved.
@MainLoop final class ManualClock {
  private(set) var now = Timestamp(milliseconds: 1_769_860_800_000)
  private var timers: [(at: Timestamp, body: @MainLoop () -> Void)] = []

  nonisolated init() {}

  var clock: NotifierClock {
    NotifierClock(
      now: { self.now },
      after: { delay, body in
        self.timers.append((Timestamp(milliseconds: self.now.milliseconds + delay.milliseconds), body))
      }, jitter: { 0 })
  }

  /// Steps from timer to timer, and lets what each begins come to its end.
  func advance(_ duration: Duration) async {
    let end = Timestamp(milliseconds: now.milliseconds + duration.milliseconds)
    await settle()
    while let next = timers.map(\.at).min(), next <= end {
      now = max(now, next)
      let due = timers.filter { $0.at <= next }
      timers.removeAll { $0.at <= next }
      for timer in due { timer.body() }
      await settle()
    }
    now = end
  }

  func settle() async { for _ in 0..<100 { await Task.yield() } }
}
