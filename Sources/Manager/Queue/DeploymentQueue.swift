import History

/// One runs, one waits: of those that wait only the newest is kept.
struct DeploymentQueue {
  private(set) var running: Deployment?
  private(set) var waiting: Deployment?

  /// Returns the one that the newcomer pushes out.
  mutating func add(_ deployment: Deployment) -> Deployment? {
    defer { waiting = deployment }
    return waiting
  }

  /// The next to run, which then counts as running; nil while one does.
  mutating func next() -> Deployment? {
    guard running == nil, let next = waiting else { return nil }
    waiting = nil
    running = next
    return next
  }

  mutating func update(_ deployment: Deployment) {
    if running?.id == deployment.id { running = deployment }
  }

  mutating func finish() { running = nil }

  mutating func withdraw(_ id: Int64) -> Deployment? {
    guard let deployment = waiting, deployment.id == id else { return nil }
    waiting = nil
    return deployment
  }

  var open: [Deployment] { [running, waiting].compactMap { $0 } }
}
