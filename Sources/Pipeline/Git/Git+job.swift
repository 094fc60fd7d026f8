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
    if output.succeeded { return }
    // Of a file that it cannot write git says no more than that.
    let isFull = Files.space(of: directory ?? mirror)?.isFull == true
    let advice = GitDiagnosis.advice(output.errors) ?? (isFull ? GitDiagnosis.isFull : nil)
    let isDamaged = directory == nil && advice == nil ? await !isReadable() : false
    try output.outcome.check(doing: doing, shown: "git", code: code, limit: reason) { status, _ in
      let cause = GitDiagnosis.cause(output.errors)
      if let advice {
        return DeployError(code, "\(doing) failed: \(cause); \(advice)", exitCode: status)
      }
      return DeployError(
        isDamaged || GitDiagnosis.isDamage(output.errors) ? .mirror : code, "\(doing) failed: \(cause)",
        exitCode: status)
    }
  }
  /// git has many words for what is wrong with a mirror: so it is asked for all that is in it. True also where git
  /// cannot be run: that tells nothing of the mirror.
  private func isReadable() async -> Bool {
    guard Files.kind(mirror + "/HEAD") == .file else { return false }
    let output = await run(["for-each-ref", "--format=%(objecttype)"], timeout: .seconds(30))
    guard case .exited(let code, _, _) = output.outcome, code <= 128 else { return true }
    return code == 0 && output.errors.isEmpty
  }
}
