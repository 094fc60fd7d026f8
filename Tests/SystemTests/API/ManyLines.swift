import Foundation
import Testing

/// `bascule logs` of a build that has printed much.
@Suite(.fewAtATime)
struct ManyLines {
  private static let count = 20_000

  /// The writes of a command, by the kernel's count: a shell is charged with those of the children it has waited for.
  private func writes(of verb: String, _ manager: Manager) async throws -> (writes: Int, lines: Int) {
    let script = "\"$0\" \(verb) > \"$1\" || exit; grep syscw /proc/$$/io; wc -l < \"$1\""
    let finished = try await manager.workspace.attempt(
      ["sh", "-c", script, try Toolbox.bascule, manager.workspace.path + "/printed"],
      environment: ["APP_ROOT": manager.root])
    let numbers = finished.output.split { !$0.isNumber }.compactMap { Int($0) }
    guard finished.code == 0, numbers.count == 2 else { throw Failure("\(finished)") }
    return (numbers[0], numbers[1])
  }

  @Test func `lines that have come already are not written one by one`() async throws {
    try await withLiveApp { manager, repository in
      try await repository.commit("2", build: "seq -f 'line %.0f' \(Self.count)")
      try await manager.bascule("deploy", exits: 0)
      for verb in ["logs", "logs --json", "logs -f"] {
        let (writes, lines) = try await writes(of: verb, manager)
        #expect(lines > Self.count, "\(verb): \(lines) lines")
        #expect(writes < Self.count / 100, "\(verb): \(writes) writes")
        let printed = try String(contentsOfFile: manager.workspace.path + "/printed", encoding: .utf8)
        let numbers = printed.matches(of: #/line (\d+)/#).compactMap { Int($0.1) }
        // The last of the app's own lines may count too; not as an expectation, nobody can read so many.
        let inOrder = numbers == Array(1...Self.count)
        #expect(inOrder, "\(verb)")
      }
    }
  }

  @Test func `a line that nothing follows yet is shown at once`() async throws {
    try await withLiveApp { manager, repository in
      let gate = manager.workspace.path + "/go"
      try await repository.commit("2", build: "echo it begins; while ! test -e \(gate); do sleep 0.05; done")
      let following = try Child.start(
        [try Toolbox.bascule, "deploy"], in: manager.workspace, environment: ["APP_ROOT": manager.root])
      try await manager.whileRunning("the line is shown") { following.output.contains("it begins\n") }
      #expect(following.exitCode == nil)
      _ = FileManager.default.createFile(atPath: gate, contents: nil)
      #expect(try await following.ended() == 0, "\(following.errors)")
      #expect(following.output.hasSuffix("Release 2 is live\n"), "\(following.output.suffix(300))")
    }
  }
}
