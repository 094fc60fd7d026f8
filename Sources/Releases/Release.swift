import Linux

/// What a release was made from.
package struct Revision: Sendable, Equatable {
  package var commit: String?
  package var message: String?
  package var author: String?
  /// The branch, tag or commit that was asked for.
  package var ref: String?

  package init(commit: String? = nil, message: String? = nil, author: String? = nil, ref: String? = nil) {
    self.commit = commit
    self.message = message
    self.author = author
    self.ref = ref
  }
}

/// One folder of `releases/`, as the ledger knows it.
package struct Release: Sendable, Equatable {
  package enum State: String, Sendable {
    /// In the making. Found so at start, it is half-made.
    case building
    case good
    /// It went live and could not stay.
    case bad
    case failed
    case interrupted
    /// On its way out.
    case removing
  }

  package let number: Int
  package var state: State
  package var revision: Revision
  package var createdAt: Timestamp
  package var sizeBytes: Int64?
  package var reason: String?

  package init(
    number: Int, state: State, revision: Revision, createdAt: Timestamp, sizeBytes: Int64? = nil,
    reason: String? = nil
  ) {
    self.number = number
    self.state = state
    self.revision = revision
    self.createdAt = createdAt
    self.sizeBytes = sizeBytes
    self.reason = reason
  }
}
