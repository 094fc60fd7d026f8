import Glibc
import Linux

/// A program that is given its whole input and whose whole output is taken, as bytes: for a conversation of
/// a few seconds with a helper such as curl. What it is given never shows in its arguments or environment.
@MainLoop
package final class Exchange {
  package struct Result: Sendable {
    package let status: ExitStatus
    package let output: [UInt8]
  }

  private let table: ProcessTable
  private let marks: Marks

  package init(table: ProcessTable, marks: Marks) {
    self.table = table
    self.marks = marks
  }

  /// Standard error is not looked at. At the limit the pipe is closed: whoever has more to say ends of it.
  package func run(_ command: Command, input: [UInt8], outputLimit: Int) async throws(CommandFailure)
    -> Result
  {
    if Task.isCancelled { throw .canceled }
    let program = try command.program()
    let mark = marks.next()
    let exit = Once<ExitStatus>()
    let writer: InputWriter
    let reader: WholeOutput
    let pid: pid_t
    do throws(SystemError) {
      let inputPipe = try FileDescriptor.pipe()
      let outputPipe = try FileDescriptor.pipe()
      let null = try FileDescriptor.open("/dev/null", O_WRONLY)
      var spawn = Spawn(
        program: program, arguments: command.arguments,
        environment: command.environment.merging(mark.environment) { $1 }, output: outputPipe.write.raw,
        error: null.raw)
      spawn.input = inputPipe.read.raw
      spawn.directory = command.directory
      spawn.identity = command.identity?.marked(by: mark.group)
      spawn.niceness = command.niceness
      writer = try InputWriter(inputPipe.write, input)
      reader = try WholeOutput(outputPipe.read, limit: outputLimit)
      do throws(SystemError) {
        pid = try table.start(spawn) { exit.finish($0) }
      } catch {
        writer.stop()
        reader.finish()
        throw error
      }
    } catch {
      throw .notStarted(error)
    }
    let status = await exit.value(within: command.timeout)
    let wasCanceled = Task.isCancelled
    writer.stop()
    let output = reader.finish()
    let family = ProcessFamily(
      leader: pid, mark: mark.entry, group: command.identity == nil ? nil : mark.group, table: table)
    if !family.members().isEmpty { await family.end(grace: .milliseconds(200)) }
    guard let status else { throw wasCanceled ? .canceled : .timedOut(command.timeout) }
    return Result(status: status, output: output)
  }
}

/// Gives a child its input as fast as it takes it.
@MainLoop
private final class InputWriter {
  private let pipe: FileDescriptor
  private var registration: EventLoop.Registration?
  private var rest: ArraySlice<UInt8>

  init(_ pipe: FileDescriptor, _ bytes: [UInt8]) throws(SystemError) {
    self.pipe = pipe
    rest = bytes[...]
    pipe.setNonBlocking()
    registration = try EventLoop.main.add(pipe.raw, .write) { [weak self] _ in self?.write() }
  }

  private func write() {
    while !rest.isEmpty {
      do throws(SystemError) {
        let count = try nonBlocking("write") {
          rest.withUnsafeBytes { Glibc.write(pipe.raw, $0.baseAddress, $0.count) }
        }
        guard let count else { return }
        rest = rest.dropFirst(count)
      } catch {
        // It ended, or does not want any more.
        rest = []
      }
    }
    stop()
  }

  /// Also the end of its input.
  func stop() {
    if let registration { EventLoop.main.remove(registration) }
    registration = nil
    pipe.close()
  }
}

/// Keeps what a child prints, up to a limit.
@MainLoop
private final class WholeOutput {
  private let pipe: FileDescriptor
  private var registration: EventLoop.Registration?
  private var bytes: [UInt8] = []
  private let limit: Int

  init(_ pipe: FileDescriptor, limit: Int) throws(SystemError) {
    self.pipe = pipe
    self.limit = limit
    pipe.setNonBlocking()
    registration = try EventLoop.main.add(pipe.raw, .read) { [weak self] _ in _ = self?.readOnce() }
  }

  @discardableResult
  func finish() -> [UInt8] {
    for _ in 0..<64 where registration != nil { if !readOnce() { break } }
    stop()
    return bytes
  }

  private func readOnce() -> Bool {
    do throws(SystemError) {
      guard let chunk = try pipe.read(upTo: 65536) else { return false }
      bytes += chunk.prefix(max(0, limit - bytes.count))
      if !chunk.isEmpty, bytes.count < limit { return true }
    } catch {
      // As at the end: what has come is all there is.
    }
    stop()
    return false
  }

  private func stop() {
    if let registration { EventLoop.main.remove(registration) }
    registration = nil
    pipe.close()
  }
}
