import Linux
import Supervisor
import TestSupport

/// A shell script to run, with what it says and a variable by which its processes are known.
@MainLoop final class Script {
  let mark = "TEST=\(UInt64.random(in: 0...UInt64.max))"
  private(set) var lines: [String] = []
  private var awaited: [String: Once<Void>] = [:]

  func command(_ text: String, timeout: Duration = .seconds(60)) -> Command {
    Command(
      ["sh", "-c", text],
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "TEST": String(mark.dropFirst(5))],
      timeout: timeout)
  }

  func run(
    _ text: String, timeout: Duration = .seconds(60), memory: MemoryControl? = nil, outputLimit: Int = 1 << 30
  ) async throws(CommandFailure) -> CommandResult {
    try await CommandRunner(
      table: Reaper.table, marks: Reaper.marks, memory: memory, outputLimit: outputLimit
    ).run(command(text, timeout: timeout)) { self.heard(String(decoding: $1, as: UTF8.self)) }
  }

  func forget() { lines = [] }

  func start(_ text: String, memory: MemoryControl? = nil, stopGrace: Duration = .seconds(30))
    throws(CommandFailure) -> AppInstance
  {
    try AppInstance(
      command(text), table: Reaper.table, marks: Reaper.marks, memory: memory, stopGrace: stopGrace
    ) { self.heard($0) }
  }

  func said(_ line: String) async {
    if lines.contains(line) { return }
    let once = awaited[line] ?? Once()
    awaited[line] = once
    await once.value()
  }

  var living: [String] { Reaper.living(mark) }

  private func heard(_ line: String) {
    lines.append(line)
    awaited.removeValue(forKey: line)?.finish(())
  }
}
