/// How many deployments are on record, of each project and in each state: to count a hundred thousand rows takes as long
/// as a hundred pushes, and /metrics and every deployment ask.
struct DeploymentCounts {
  private var counts: [String: [DeploymentState: Int]] = [:]
  /// The states of those that wait or run, so that a push need not ask what it changes.
  private var open: [Int64: (project: String, state: DeploymentState)] = [:]

  init(_ rows: [(project: String, state: DeploymentState, count: Int)]) {
    for row in rows { counts[row.project, default: [:]][row.state, default: 0] += row.count }
  }

  mutating func add(_ deployment: Deployment) {
    counts[deployment.project, default: [:]][deployment.state, default: 0] += 1
    if deployment.state.isWaitingOrRunning { open[deployment.id] = (deployment.project, deployment.state) }
  }

  func state(ofOpen id: Int64) -> DeploymentState? { open[id]?.state }

  mutating func change(_ deployment: Deployment, from before: DeploymentState) {
    remove([before], of: deployment.project)
    open[deployment.id] = nil
    add(deployment)
  }

  mutating func remove(_ states: [DeploymentState], of project: String) {
    for state in states {
      guard let count = counts[project]?[state] else { continue }
      counts[project]?[state] = count > 1 ? count - 1 : nil
    }
  }

  mutating func remove(project: String) {
    counts[project] = nil
    open = open.filter { $0.value.project != project }
  }

  func rows(of project: String) -> Int { counts[project]?.values.reduce(0, +) ?? 0 }

  var byState: [DeploymentState: Int] {
    counts.values.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
  }
}
