import Linux
import Pipeline
import Supervisor

/// Runs the pipeline's commands through the supervisor, as the app's user and a little nicer than the app.
@MainLoop
struct CommandStepRunner: StepRunner {
  let runner: CommandRunner
  let identity: Identity?

  func run(_ step: StepCommand, timeout: Duration, onLine: @escaping LineHandler) async -> StepOutcome {
    var command = Command(
      step.arguments, environment: step.environment, directory: step.directory, identity: identity,
      timeout: timeout)
    command.niceness = 5
    do throws(CommandFailure) {
      let result = try await runner.run(command) { onLine($0.rawValue, $1) }
      let description = [result.status.description, result.outOfMemory].compactMap { $0 }.joined(
        separator: ": ")
      return .exited(
        code: result.status.shellCode, description: description, leftBehind: result.leftBehind)
    } catch {
      switch error {
      case .notFound(let name): return .notFound(name)
      case .notExecutable(let name): return .notStarted("\(name) is not executable")
      case .notStarted(let cause): return .notStarted("\(cause)")
      case .timedOut: return .timedOut
      case .canceled: return .canceled
      }
    }
  }
}
