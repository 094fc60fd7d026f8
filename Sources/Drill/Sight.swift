/// What was seen of a scenario when it was over, told by the manager and by the clients.
package struct Sight: Sendable {
  /// A deployment as the history has it.
  package struct Deployment: Sendable {
    package var state: String
    package var release: Int?
    /// The phase that its log names for the error.
    package var phase: String?
    package var error: String?
    /// Whether it is of the commit that was made for it.
    package var isOfCommit: Bool

    package init(
      state: String, release: Int?, phase: String? = nil, error: String? = nil, isOfCommit: Bool = true
    ) {
      self.state = state
      self.release = release
      self.phase = phase
      self.error = error
      self.isOfCommit = isOfCommit
    }
  }

  /// What served before it began.
  package var before: Int?
  package var deployment: Deployment?
  /// What serves at the end; of `managerKilled` when it was back.
  package var live: Int?
  package var traffic = Tally.Counts()
  package var restarts = 0
  package var isPaused = false
  /// From the kill to the first answer.
  package var absence: Duration?
  /// The deployment after the one that was interrupted, and what serves after it.
  package var next: Deployment?
  package var liveAfterNext: Int?
  /// What kept the scenario from its end.
  package var problem: String?

  package init(before: Int? = nil) { self.before = before }
}
