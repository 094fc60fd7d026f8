import Glibc
import Linux
import Supervisor
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct ExchangeTests {
  init() { MainLoopThread.start() }

  @MainLoop private func run(
    _ text: String, input: [UInt8] = [], limit: Int = 1 << 20, timeout: Duration = .seconds(30),
    mark: String = ""
  ) async throws(CommandFailure) -> Exchange.Result {
    try await Exchange(table: Reaper.table, marks: Reaper.marks).run(
      Command(
        ["sh", "-c", text], environment: ["PATH": "/usr/bin:/bin", "TEST": mark], timeout: timeout),
      input: input, outputLimit: limit)
  }

  @MainLoop @Test func `more than a pipe holds goes in and comes out, byte for byte`() async throws {
    let input = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let result = try await run("cat; exit 3", input: input)
    #expect(isSame(result.output, input))
    #expect(result.status == .code(3))
  }

  @MainLoop @Test func `a program that takes no input is not waited for`() async throws {
    let result = try await run("exec <&-; echo done", input: [UInt8](repeating: 1, count: 1_000_000))
    #expect(String(decoding: result.output, as: UTF8.self) == "done\n")
    #expect(result.status.isSuccess)
  }

  @MainLoop @Test func `an endless output ends at the limit`() async throws {
    let result = try await run("exec cat /dev/zero", limit: 1000)
    #expect(result.output.count == 1000)
    #expect(result.status == .signal(SIGPIPE))
  }

  @MainLoop @Test func `what takes too long, or is canceled, ends with all that came of it`() async throws {
    let mark = "\(UInt64.random(in: 0...UInt64.max))"
    let limit = Duration.milliseconds(300)
    await #expect(throws: CommandFailure.timedOut(limit)) {
      try await run("sleep 100 & sleep 100", timeout: limit, mark: mark)
    }
    let task = Task { @MainLoop in try await run("sleep 100 & sleep 100", mark: mark) }
    try await MainLoop.until { Reaper.living("TEST=\(mark)").count { $0 == "sleep" } >= 2 }
    task.cancel()
    await #expect(throws: CommandFailure.canceled) { try await task.value }
    #expect(Reaper.living("TEST=\(mark)") == [])
  }
}
