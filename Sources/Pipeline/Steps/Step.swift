import Linux

/// One piece of a phase: a small value that does its work on a job or says why it cannot.
@MainLoop
protocol Step {
  var name: String { get }
  func perform(_ job: Job) async throws(DeployError)
}
