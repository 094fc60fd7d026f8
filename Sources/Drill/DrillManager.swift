import Glibc
import JSON
import Linux
import Supervisor

/// The manager that is put to the test: this very program, as `run`, in a process group of its own. The kernel
/// kills it when the drill ends, however that happens.
@MainLoop
final class DrillManager {
  let socket: ManagerSocket
  let log: String
  private let program: String
  private let environment: [String: String]
  private let scratch: String
  private let table: ProcessTable
  private var pid: pid_t = 0
  private var exit = Once<ExitStatus>()
  private var ending: ExitStatus?

  init(program: String, environment: [String: String], scratch: String, table: ProcessTable) {
    self.program = program
    self.environment = environment
    self.scratch = scratch
    self.table = table
    log = scratch + "/bascule.log"
    socket = ManagerSocket(path: scratch + "/app/shared/bascule.sock")
  }

  func start() throws {
    let output = try FileDescriptor.open(log, O_WRONLY | O_CREAT | O_APPEND)
    var spawn = Spawn(
      program: program, arguments: ["bascule", "run"], environment: environment, output: output.raw,
      error: output.raw)
    spawn.directory = scratch
    let exit = Once<ExitStatus>()
    self.exit = exit
    ending = nil
    pid = try table.start(spawn) { [weak self] in
      self?.ending = $0
      exit.finish($0)
    }
  }

  /// And all that it had started, as the kernel does with a container when its PID 1 is gone.
  func kill9() async {
    guard pid > 0 else { return }
    _ = kill(pid, SIGKILL)
    _ = await exit.value()
    await PIDOne.endDescendants(grace: .zero, table: table)
    pid = 0
  }

  func stop() async {
    guard pid > 0 else { return }
    if ending == nil { _ = kill(pid, SIGTERM) }
    if await exit.value(within: .seconds(6)) == nil { _ = kill(pid, SIGKILL) }
    await PIDOne.endDescendants(grace: .zero, table: table)
    pid = 0
  }

  var isRunning: Bool { pid > 0 && ending == nil }

  /// Asks until there is an answer that will do, for as long as the manager runs.
  @discardableResult
  func until<Value: Sendable>(
    _ claim: String, within limit: Duration, _ look: @MainLoop () async throws -> Value?
  ) async throws -> Value {
    let deadline = ContinuousClock.Instant.now + limit
    while true {
      try Task.checkCancellation()
      if let ending { throw DrillError("Bascule ended with \(ending) before \(claim).\(lastWords)") }
      do {
        if let value = try await look() { return value }
      } catch let error as DrillError {
        // The connection breaks a moment before the end is known.
        guard await exit.value(within: .milliseconds(200)) != nil else { throw error }
        continue
      }
      guard .now < deadline else {
        throw DrillError("After \(describe(limit)) it is still not so that \(claim).")
      }
      await MainLoop.sleep(for: .milliseconds(20))
    }
  }

  func status() async throws -> JSONNode { try await socket.get("/api/projects/main/status") }

  /// Its last complaint, else its last line.
  private var lastWords: String {
    let lines = ((try? Files.text(log)) ?? "").split(separator: "\n").suffix(20)
    guard let line = lines.last(where: { $0.contains("error:") }) ?? lines.last else { return "" }
    return " It said: \(PrintableText.sentence(String(line)))"
  }
}
