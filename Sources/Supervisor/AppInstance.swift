import Glibc
import Linux

/// One running start of a release.
@MainLoop
package final class AppInstance {
  package struct Exit: Sendable, Equatable {
    package let status: ExitStatus
    package let outOfMemory: String?
    /// Somebody asked for it through `stop`.
    package let wanted: Bool

    package var explanation: String {
      outOfMemory.map { "\(status): \($0)" } ?? status.description
    }
  }

  package let pid: pid_t
  package let began = ContinuousClock.now
  /// None of it is left.
  package let exit = Once<Exit>()
  /// Told as soon as the first process has ended unasked, while what it leaves behind is still being ended.
  package let ended = Once<Exit>()
  package private(set) var lastLines: [String] = []

  private let family: ProcessFamily
  private var readers: [OutputReader] = []
  private var stopping = false
  private var leaderGone = false
  private let memory: MemoryControl?
  private let killsBefore: Int

  private static let keptLines = 100

  /// `command.timeout` is of no meaning here: an app runs until it is stopped.
  package init(
    _ command: Command, table: ProcessTable, marks: Marks, memory: MemoryControl?, stopGrace: Duration,
    onLine: @escaping @MainLoop (String) -> Void
  ) throws(CommandFailure) {
    self.memory = memory
    killsBefore = memory?.outOfMemoryKills ?? 0
    let program = try command.program()
    let mark = marks.next()
    do throws(SystemError) {
      let output = try FileDescriptor.pipe()
      var spawn = Spawn(
        program: program, arguments: command.arguments,
        environment: command.environment.merging(mark.environment) { $1 },
        output: output.write.raw, error: output.write.raw)
      spawn.directory = command.directory
      spawn.identity = command.identity?.marked(by: mark.group)
      spawn.processLimit = ProcessCeiling().forApp(of: command.identity?.uid ?? geteuid())
      let status = Once<ExitStatus>()
      pid = try table.startWithinLimit(spawn) { status.finish($0) }
      family = ProcessFamily(
        leader: pid, mark: mark.entry, group: command.identity == nil ? nil : mark.group, table: table)
      readers = [
        try OutputReader(output.read) { [weak self] bytes in
          let line = String(decoding: bytes, as: UTF8.self)
          self?.keep(line)
          onLine(line)
        }
      ]
      Task { @MainLoop in await self.follow(status, grace: stopGrace) }
    } catch {
      throw .notStarted(error)
    }
  }

  package var isRunning: Bool { !ended.isFinished }

  package var residentBytes: Int64 {
    family.members().reduce(0) { $0 + Procfs.residentBytes(of: $1.pid) }
  }

  package func signal(_ number: Int32) { family.signal(number) }

  /// SIGTERM to the whole group, SIGKILL after `grace`; returns when none of it is left.
  @discardableResult
  package func stop(grace: Duration) async -> Exit {
    let isAsked = stopping
    stopping = true
    if isAsked {
      // A second SIGTERM would end an app that handles only the first; but this grace may be the shorter one.
      if await exit.value(within: grace) == nil { await family.kill() }
    } else if !exit.isFinished, !leaderGone {
      await family.end(grace: grace)
    }
    return await exit.value()
  }

  /// At once, without a word of warning.
  package func kill() async {
    stopping = true
    if !exit.isFinished { await family.kill() }
    _ = await exit.value()
  }

  /// The first child may be a wrapper that dies before the app: over is when the whole family is.
  private func follow(_ status: Once<ExitStatus>, grace: Duration) async {
    let status = await status.value()
    if !stopping {
      leaderGone = true
      ended.finish(ending(with: status))
      if !family.members().isEmpty { await family.end(grace: grace) }
    } else {
      while !(await family.emptied(within: .seconds(60))) {}
    }
    for reader in readers { reader.finish() }
    let exit = ending(with: status)
    ended.finish(exit)
    self.exit.finish(exit)
  }

  private func ending(with status: ExitStatus) -> Exit {
    let kills = (memory?.outOfMemoryKills ?? 0) - killsBefore
    let explained = status == .signal(SIGKILL) || status == .code(137)
    return Exit(
      status: status, outOfMemory: kills > 0 && explained ? memory?.explanation : nil, wanted: stopping)
  }

  private func keep(_ line: String) {
    lastLines.append(line)
    if lastLines.count > Self.keptLines { lastLines.removeFirst() }
  }
}
