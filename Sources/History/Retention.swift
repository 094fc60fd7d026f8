import Linux

/// What is kept of the past, and for how long.
package struct Retention: Sendable {
  /// Of each project.
  package let deployments: Int
  package let logDays: Int

  package init(deployments: Int = 500, logDays: Int = 90) {
    self.deployments = deployments
    self.logDays = logDays
  }

  /// What waits or runs is never touched.
  @MainLoop
  package func apply(to history: History, _ logs: DeploymentLogs, of project: String)
    async throws(HistoryError)
  {
    let gone = try await history.forgetOld(of: project, keep: deployments)
    await logs.remove(gone)
    await logs.pruneDaily(days: logDays)
  }
}
