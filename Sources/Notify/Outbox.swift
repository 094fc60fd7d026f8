import Linux

/// What waits to be sent, kept over restarts. Owned here, made by whoever has the database.
@MainLoop
package protocol Outbox: AnyObject {
  /// In the order of their adding.
  func messages() throws -> [OutboxMessage]
  /// Returns its number. It belongs to whatever else is written in this turn of the loop.
  func add(_ message: OutboxMessage) throws -> Int64
  func reschedule(_ id: Int64, attempts: Int, dueAt: Timestamp) throws
  func remove(_ id: Int64) throws
  /// Tells when what has been added is on disk, or why it is not.
  func whenStored(_ body: @escaping @MainLoop (_ failure: String?) -> Void)
}

/// One piece of news for one channel. No address and no secret is in it.
package struct OutboxMessage: Sendable, Equatable {
  /// nil: it could not be stored, and is lost with the process.
  package var id: Int64?
  package let deployment: Int64
  package let channel: String
  package let kind: String
  package let body: String
  package var attempts: Int
  package var dueAt: Timestamp
  package let queuedAt: Timestamp
  /// By the process before this one, which did not come to write it down.
  var mayHaveBeenSent = false

  package init(
    id: Int64?, deployment: Int64, channel: String, kind: String, body: String, attempts: Int,
    dueAt: Timestamp, queuedAt: Timestamp
  ) {
    self.id = id
    self.deployment = deployment
    self.channel = channel
    self.kind = kind
    self.body = body
    self.attempts = attempts
    self.dueAt = dueAt
    self.queuedAt = queuedAt
  }
}
