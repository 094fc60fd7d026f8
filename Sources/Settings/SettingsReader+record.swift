extension Settings {
  /// What waits, and what is remembered.
  package struct Record: Sendable, Equatable {
    /// Deployments that run at once, each of another project.
    package let parallelBuilds: Int
    /// Deployments that wait, of all projects together.
    package let queueLimit: Int
    package let keepDeployments: Int
    package let keepLogDays: Int
  }
}

extension SettingsReader {
  mutating func record() -> Settings.Record {
    Settings.Record(
      parallelBuilds: count("PARALLEL_BUILDS", otherwise: 1, upTo: 64),
      queueLimit: count("QUEUE_LIMIT", otherwise: 50, upTo: 10_000),
      keepDeployments: count("KEEP_DEPLOYMENTS", otherwise: 500, upTo: 1_000_000),
      keepLogDays: count("KEEP_LOG_DAYS", otherwise: 90, upTo: 36_500))
  }
}
