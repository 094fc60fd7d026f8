import CLinux
import Glibc
import Linux
import Log

/// `bascule init -- CMD…`: one program under the code that PID 1 uses, for those who want only that.
@MainLoop
package final class Init {
  private let arguments: [String]
  private let environment: [String: String]
  private let grace: Duration
  private let logger: Logger
  private let table = ProcessTable()
  private let zombies: ZombieWatch
  private var child: pid_t = 0
  private var exitCode: Int32 = 0
  private var graceStarted = false

  package init(arguments: [String], environment: [String: String], grace: Duration, logger: Logger) {
    self.arguments = arguments
    self.environment = environment
    self.grace = grace
    self.logger = logger
    zombies = ZombieWatch(logger: logger)
  }

  /// Runs to the end of the child and of all that it left; the exit code is the child's.
  package func run(signals: Signals) throws(SystemError) -> Int32 {
    let program: String
    do throws(Executable.Failure) {
      program = try Executable.find(arguments.first ?? "", path: environment["PATH"])
    } catch {
      switch error {
      case .notFound(let name):
        logger.error("cannot run \(name): there is no such program")
        return 127
      case .notExecutable(let name):
        logger.error("cannot run \(name): it is not executable (chmod +x)")
        return 126
      }
    }
    PIDOne.becomeReaper()
    let registration = try EventLoop.main.add(signals.descriptor.raw, .read) { [self] _ in
      for number in signals.pending() { handle(number) }
    }
    var spawn = Spawn(
      program: program, arguments: arguments, environment: environment, output: STDOUT_FILENO,
      error: STDERR_FILENO)
    spawn.input = STDIN_FILENO
    // At a terminal the child must keep it, and be the group that Ctrl-C reaches.
    spawn.takesTerminal = isatty(STDIN_FILENO) == 1
    spawn.newSession = !spawn.takesTerminal
    do throws(SystemError) {
      child = try start(spawn)
    } catch {
      logger.error("cannot run \(program): \(error.reason)")
      return 126
    }
    zombies.start()
    EventLoop.main.run()
    EventLoop.main.remove(registration)
    return exitCode
  }

  private func start(_ spawn: Spawn) throws(SystemError) -> pid_t {
    let onExit: @MainLoop (ExitStatus) -> Void = { [self] status in
      exitCode = status.shellCode
      Task { @MainLoop in
        await self.endLeftovers()
        EventLoop.main.stop()
      }
    }
    do throws(SystemError) {
      return try table.start(spawn, onExit: onExit)
    } catch {
      // A script without a #! line: what execvp and every shell do with it.
      guard error.code == ENOEXEC else { throw error }
      var script = spawn
      script.arguments = ["sh", spawn.program] + spawn.arguments.dropFirst()
      script.program = "/bin/sh"
      return try table.start(script, onExit: onExit)
    }
  }

  private func handle(_ number: Int32) {
    if number == SIGCHLD { return table.reap() }
    _ = kill(-child, number)
    guard number == SIGTERM, !graceStarted else { return }
    graceStarted = true
    EventLoop.main.after(grace) { [self] in _ = kill(-child, SIGKILL) }
  }

  /// The child was perhaps only a wrapper: what lives on gets the same grace that it had.
  private func endLeftovers() async {
    await PIDOne.endDescendants(grace: grace, table: table)
  }
}
