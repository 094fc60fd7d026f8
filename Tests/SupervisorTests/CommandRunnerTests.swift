import Foundation
import Glibc
import Linux
import Supervisor
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct CommandRunnerTests {
  init() { MainLoopThread.start() }

  @MainLoop
  @Test(
    arguments: [
      ("true", .code(0)), ("exit 3", .code(3)), ("kill -KILL $$", .signal(SIGKILL)),
      ("no-such-program", .code(127)),
      ("/dev/null", .code(126)),
    ] as [(String, Supervisor.ExitStatus)])
  func `a command's own end is told`(script: String, status: Supervisor.ExitStatus) async throws {
    let result = try await Script().run(script)
    #expect(result.status == status)
    #expect(result.leftBehind.isEmpty)
  }

  @Test(
    arguments: [
      (.code(0), 0, "exit code 0"), (.code(127), 127, "exit code 127 (a command was not found)"),
      (.code(126), 126, "exit code 126 (a command is not executable)"),
      (.signal(SIGKILL), 137, "killed by SIGKILL (exit code 137)"),
      (.signal(SIGTERM), 143, "killed by SIGTERM (exit code 143)"),
    ] as [(Supervisor.ExitStatus, Int32, String)])
  func `an end has a shell's code and a sentence`(
    status: Supervisor.ExitStatus, code: Int32, sentence: String
  ) {
    #expect(status.shellCode == code)
    #expect(status.description == sentence)
  }

  @MainLoop @Test func `what cannot be started is told from what ran`() async throws {
    let folder = try TemporaryFolder()
    let tool = try folder.write("tool", "", mode: 0o644)
    let runner = CommandRunner(table: Reaper.table, marks: Reaper.marks, memory: nil)
    func failure(_ program: String, directory: String? = nil) async -> CommandFailure? {
      var command = Command([program], environment: ["PATH": "/usr/bin:/bin"], timeout: .seconds(60))
      command.directory = directory
      do throws(CommandFailure) {
        _ = try await runner.run(command) { _, _ in }
        return nil
      } catch {
        return error
      }
    }
    #expect(await failure("no-such-program") == .notFound("no-such-program"))
    #expect(await failure(tool) == .notExecutable(tool))
    #expect(await failure("") == .notFound(""))
    let missing = SystemError(code: ENOENT, operation: "chdir", subject: "/nowhere")
    #expect(await failure("true", directory: "/nowhere") == .notStarted(missing))
  }

  @MainLoop @Test func `lines come as they are printed, the last also without its end`() async throws {
    let folder = try TemporaryFolder()
    let script = Script()
    let task = Task { @MainLoop in
      try await script.run("echo one; while [ ! -e \(folder.path)/go ]; do sleep 0.01; done; printf two")
    }
    await script.said("one")
    try folder.write("go", "")
    #expect(try await task.value.status.isSuccess)
    #expect(script.lines == ["one", "two"])
    #expect(try await script.run("echo out; echo err >&2").status.isSuccess)
    #expect(script.lines.dropFirst(2).sorted() == ["err", "out"])
  }

  @MainLoop @Test func `nothing can be asked of whoever watches`() async throws {
    let script = Script()
    #expect(try await script.run("cat; read answer || echo nobody").status.isSuccess)
    #expect(script.lines == ["nobody"])
  }

  private static let family = """
    setsid sh -c 'trap "" TERM; echo far; sleep 100' &
    sh -c 'trap "" TERM; echo near; sleep 100' &
    sleep 100
    """

  @MainLoop @Test func `a command that takes too long ends with all that came of it`() async {
    let script = Script()
    let limit = Duration.milliseconds(500)
    await #expect(throws: CommandFailure.timedOut(limit)) {
      try await script.run(Self.family, timeout: limit)
    }
    #expect(script.living == [])
  }

  @MainLoop @Test func `a canceled command ends with all that came of it`() async {
    let script = Script()
    let task = Task { @MainLoop in try await script.run(Self.family) }
    await script.said("far")
    await script.said("near")
    task.cancel()
    await #expect(throws: CommandFailure.canceled) { try await task.value }
    #expect(script.living == [])
    await #expect(throws: CommandFailure.canceled) { try await task.value }
  }

  @MainLoop @Test func `what a command leaves running is ended and named, also where it hides`() async throws
  {
    let script = Script()
    let result = try await script.run(
      """
      sleep 100 &
      near=$!
      setsid tail -f /dev/null &
      until [ "$(cat /proc/$near/comm)$(cat /proc/$!/comm)" = sleeptail ]; do :; done
      echo done
      """)
    #expect(result.status.isSuccess)
    #expect(result.leftBehind.sorted() == ["sleep", "tail"])
    #expect(script.lines == ["done"])
    #expect(script.living == [])
  }

  @MainLoop @Test func `a million lines all arrive`() async throws {
    let script = Script()
    #expect(try await script.run("yes | head -n 1000000").status.isSuccess)
    #expect(script.lines.count == 1_000_000)
    #expect(script.lines.allSatisfy { $0 == "y" })
  }

  @MainLoop @Test func `much without a line's end costs no memory`() async throws {
    let script = Script()
    let before = Procfs.residentBytes(of: getpid())
    #expect(try await script.run("head -c 64M /dev/zero | tr '\\0' x").status.isSuccess)
    #expect(script.lines.count == 1024)
    #expect(script.lines.allSatisfy { $0.utf8.count == 65536 })
    script.forget()
    // More than other tests take meanwhile: gathered as a whole it would show, also where it is given back later.
    #expect(
      try await script.run("head -c 1G /dev/zero | tr '\\0' x", outputLimit: 1 << 20).status.isSuccess)
    #expect(script.lines.last == "… it printed more than 1.0 MiB; the rest is not kept")
    #expect(script.lines.count <= 18)
    #expect(Procfs.residentBytes(of: getpid()) - before < 512 << 20)
  }

  @MainLoop @Test func `a kill for want of memory is explained`() async throws {
    let folder = try TemporaryFolder()
    try folder.write("memory.events", "oom_kill 1\n")
    try folder.write("memory.max", "268435456\n")
    let membership = try folder.write("membership", "0::/\n")
    let memory = MemoryControl(root: folder.path, membership: membership)
    let script = Script()
    #expect(try await script.run("true", memory: memory).outOfMemory == nil)
    func death(_ count: Int) -> String {
      "echo oom_kill \(count) > \(folder.path)/memory.events; kill -KILL $$"
    }
    let explanation = try await script.run(death(2), memory: memory).outOfMemory
    #expect(explanation?.contains("reached its limit of 256.0 MiB") == true)
    let app = try script.start(death(3), memory: memory)
    let exit = await app.exit.value()
    #expect(exit.explanation.hasPrefix("killed by SIGKILL (exit code 137): the container ran out of memory"))
  }

  /// An environment can be cleared and a session left; a group be left by root alone.
  @MainLoop @Test(.enabled(if: geteuid() == 0))
  func `another user's command is known by what it cannot shed`() async throws {
    let script = Script()
    let name = "tail-\(UInt32.random(in: 0 ... .max))"
    var command = script.command(
      "setsid env -i perl -e 'fork and exit; $0=shift; print qq(up\\n); close STDOUT; close STDERR; sleep 100' \(name) & wait; sleep 0.2"
    )
    command.identity = Identity(uid: 4321, gid: 4321, groups: [4321])
    var lines: [String] = []
    let runner = CommandRunner(table: Reaper.table, marks: Reaper.marks, memory: nil)
    let result = try await runner.run(command) { lines.append(String(decoding: $1, as: UTF8.self)) }
    #expect(lines == ["up"])
    #expect(result.leftBehind.count == 1)
    #expect(!Procfs.processes().contains { $0.name == name.prefix(15) })
  }

  @MainLoop @Test func `a group is taken from those that the kernel has to spare`() throws {
    let folder = try TemporaryFolder()
    func group(_ map: String) throws -> gid_t? {
      Marks(root: "/", groupMap: try folder.write("map", map)).next().group
    }
    let all = try #require(try group("         0          0 4294967295\n"))
    #expect((0x6000_0000...0x6fff_ffff).contains(all))
    let few = try #require(try group("0 1000 1\n1 100000 65536\n"))
    #expect((61184...65519).contains(few))
    #expect(try group("0 1000 1\n") == nil)
    #expect(try group("nonsense\n") == nil)
  }
}
