import Linux

extension Git {
  /// Runs git for a job: its lines into the log, the time it has, and the reason when it fails.
  func run(
    _ arguments: [String], for job: Job, in directory: String? = nil, remote: Bool = false, doing: String,
    code: DeployError.Code
  ) async throws(DeployError) {
    let (time, reason) = job.deadline.limit(for: nil, nil)
    let output = await run(arguments, in: directory, remote: remote, timeout: time) {
      [narrator = job.narrator] stream, line in narrator.line(stream, line)
    }
    try output.outcome.check(doing: doing, shown: "git", code: code, limit: reason) { status, _ in
      let cause = GitDiagnosis.cause(output.errors)
      if let advice = GitDiagnosis.advice(output.errors) {
        return DeployError(code, "\(doing) failed: \(cause); \(advice)", exitCode: status)
      }
      return DeployError(
        GitDiagnosis.isDamage(output.errors) ? .mirror : code, "\(doing) failed: \(cause)", exitCode: status)
    }
  }
}
