import History
import Linux
import Notify

/// The outbox is a table of the history: the state of a deployment and the news of it are one transaction.
@MainLoop
final class HistoryOutbox: Outbox {
  private let history: History

  init(_ history: History) { self.history = history }

  func messages() throws -> [OutboxMessage] {
    try history.messages().map { record in
      OutboxMessage(
        id: record.id, deployment: record.deployment, channel: record.channel, kind: record.kind,
        body: record.body, attempts: record.attempts, dueAt: record.dueAt, queuedAt: record.queuedAt)
    }
  }

  func add(_ message: OutboxMessage) throws -> Int64 {
    try history.insert(
      MessageRecord(
        deployment: message.deployment, channel: message.channel, kind: message.kind, body: message.body,
        attempts: message.attempts, dueAt: message.dueAt, queuedAt: message.queuedAt))
  }

  func reschedule(_ id: Int64, attempts: Int, dueAt: Timestamp) throws {
    try history.reschedule(message: id, attempts: attempts, dueAt: dueAt)
  }

  func remove(_ id: Int64) throws { try history.remove(message: id) }

  func whenStored(_ body: @escaping @MainLoop (String?) -> Void) {
    history.whenWritten { body($0.map { "\($0)" }) }
  }
}
