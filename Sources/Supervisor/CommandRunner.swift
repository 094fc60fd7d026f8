import Glibc
import Linux

/// Runs commands: their lines as they come, their whole family gone when they are over, canceled or late.
@MainLoop
package final class CommandRunner {
  package enum Stream: String, Sendable { case stdout, stderr }
  /// The line is printable UTF-8, and its bytes last as long as the call.
  package typealias LineHandler = @MainLoop (Stream, UnsafeRawBufferPointer) -> Void

  private let table: ProcessTable
  private let marks: Marks
  private let memory: MemoryControl?
  private let outputLimit: Int

  /// `outputLimit`: enough for any honest build log, little enough for every disk.
  package init(table: ProcessTable, marks: Marks, memory: MemoryControl?, outputLimit: Int = 1 << 30) {
    self.table = table
    self.marks = marks
    self.memory = memory
    self.outputLimit = outputLimit
  }

  package func run(_ command: Command, onLine: @escaping LineHandler) async throws(CommandFailure)
    -> CommandResult
  {
    if Task.isCancelled { throw .canceled }
    let started = ContinuousClock.Instant.now
    let killsBefore = memory?.outOfMemoryKills ?? 0
    let mark = marks.next()
    let exit = Once<ExitStatus>()
    let readers: [OutputReader]
    let pid: pid_t
    (pid, readers) = try start(command, mark: mark, onLine: onLine) { exit.finish($0) }
    let family = ProcessFamily(
      leader: pid, mark: mark.entry, group: command.identity == nil ? nil : mark.group, table: table)

    let status = await exit.value(within: command.timeout)
    let wasCanceled = Task.isCancelled
    for reader in readers { reader.finish() }
    let remaining = family.members()
    if !remaining.isEmpty {
      // An abandoned command gets little time: whoever canceled it is waiting.
      await family.end(grace: status == nil ? .seconds(2) : .seconds(1))
    }
    guard let status else { throw wasCanceled ? .canceled : .timedOut(command.timeout) }
    let kills = (memory?.outOfMemoryKills ?? 0) - killsBefore
    return CommandResult(
      status: status, outOfMemory: kills > 0 ? memory?.explanation : nil, elapsed: .now - started,
      leftBehind: remaining.map(\.name))
  }

  private func start(
    _ command: Command, mark: Marks.Mark, onLine: @escaping LineHandler,
    onExit: @escaping @MainLoop (ExitStatus) -> Void
  ) throws(CommandFailure) -> (pid_t, [OutputReader]) {
    let program = try command.program()
    do throws(SystemError) {
      let output = try FileDescriptor.pipe()
      let errors = try FileDescriptor.pipe()
      var spawn = Spawn(
        program: program, arguments: command.arguments,
        environment: command.environment.merging(mark.environment) { $1 },
        output: output.write.raw, error: errors.write.raw)
      spawn.directory = command.directory
      spawn.identity = command.identity?.marked(by: mark.group)
      spawn.processLimit = ProcessCeiling().forSteps(of: command.identity?.uid ?? geteuid())
      spawn.niceness = command.niceness
      let readers = [
        try OutputReader(output.read, limit: outputLimit) { onLine(.stdout, $0) },
        try OutputReader(errors.read, limit: outputLimit) { onLine(.stderr, $0) },
      ]
      do throws(SystemError) {
        return (try table.startWithinLimit(spawn, onExit: onExit), readers)
      } catch {
        for reader in readers { reader.finish() }
        throw error
      }
    } catch {
      throw .notStarted(error)
    }
  }
}
