import Foundation

/// A workflow's steps, taken out of its file and run one after the other as GitHub's runner would.
struct Workflow {
  struct Step: Decodable {
    let job: String
    let name: String
    let id: String?
    let `if`: String?
    /// What the script is called with.
    let command: [String]
    let env: [String: Value]
    let run: String

    /// YAML knows numbers, the environment does not.
    struct Value: Decodable {
      let text: String

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
          text = String(number)
        } else {
          text = try container.decode(String.self)
        }
      }
    }
  }

  let steps: [Step]
  private let workspace: Workspace

  init(_ name: String, in workspace: Workspace) async throws {
    self.workspace = workspace
    let output = try await workspace.run(
      ["python3", Toolbox.support + "/workflow-steps", "\(Toolbox.checkout)/.github/workflows/\(name)"],
      environment: ["PYTHONPATH": try Toolbox.checkJSONSchema])
    steps = try output.split(separator: "\n").map {
      try JSONDecoder().decode(Step.self, from: Data($0.utf8))
    }
  }

  /// Runs the job. `context` is what `${{ … }}` may name, `environment` what the runner says and what a test
  /// wants otherwise than the file has it.
  func run(
    _ job: String, context: [String: String], environment: [String: String] = [:], path: String? = nil
  ) async throws -> Run {
    var run = Run()
    var context = context
    let temporary = workspace.fresh("files")
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    for (number, step) in steps.filter({ $0.job == job }).enumerated() {
      if run.code != 0 || !step.isWanted(in: context) { continue }
      let base = "\(temporary)/\(number)"
      try step.run.replacingExpressions(in: context)
        .write(toFile: base + ".sh", atomically: false, encoding: .utf8)
      try "".write(toFile: base + ".output", atomically: false, encoding: .utf8)
      var variables = step.env.mapValues { $0.text.replacingExpressions(in: context) }
      variables.merge(["RUNNER_TEMP": temporary, "GITHUB_OUTPUT": base + ".output", "CI": "true"]) { $1 }
      variables.merge(environment) { $1 }
      if let path { variables["PATH"] = path }
      let finished = try await workspace.attempt(step.command + [base + ".sh"], environment: variables)
      run.add(step.name, finished)
      let outputs = try String(contentsOfFile: base + ".output", encoding: .utf8)
      for line in outputs.split(separator: "\n") {
        let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, let id = step.id else { throw Failure("no output: \(line)") }
        context["steps.\(id).outputs.\(parts[0])"] = parts[1]
      }
    }
    run.context = context
    return run
  }

  /// A job as its log shows it.
  struct Run: CustomStringConvertible {
    private(set) var steps: [String] = []
    private(set) var code: Int32 = 0
    private(set) var output = ""
    var context: [String: String] = [:]

    fileprivate mutating func add(_ step: String, _ finished: Finished) {
      steps.append(step)
      code = finished.code
      output += finished.output + finished.errors
    }

    /// What GitHub shows beside the job, such as `error`: the text of each, as it is told to the runner.
    func annotations(_ kind: String) -> [String] {
      var found: [String] = []
      var pause: Substring?
      for line in output.split(separator: "\n") {
        if let token = pause {
          if line == "::\(token)::" { pause = nil }
        } else if line.hasPrefix("::stop-commands::") {
          pause = line.dropFirst("::stop-commands::".count)
        } else if line.hasPrefix("::\(kind)::") || line.hasPrefix("::\(kind) ") {
          found.append(String(line.dropFirst(2).drop { $0 != ":" }.dropFirst(2)))
        }
      }
      return found
    }

    var description: String { "exit code \(code)\n\(output)" }
  }
}

extension Workflow.Step {
  /// Of GitHub's expressions only what the workflows use.
  func isWanted(in context: [String: String]) -> Bool {
    guard let condition = self.if else { return true }
    let sides = condition.split(separator: " == ").map(String.init)
    let value = context[sides[0]] ?? ""
    return sides.count == 2 ? value == sides[1].trimmingCharacters(in: ["'"]) : !value.isEmpty
  }
}

extension String {
  fileprivate func replacingExpressions(in context: [String: String]) -> String {
    replacing(/\$\{\{\s*([a-zA-Z0-9_.]+)\s*\}\}/) { context[String($0.1)] ?? "" }
  }
}
