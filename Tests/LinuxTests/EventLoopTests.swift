import Foundation
import Glibc
import Linux
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct EventLoopTests {
  init() { MainLoopThread.start() }

  @MainLoop @Test func `an event already fetched does not reach the next owner of its descriptor`()
    async throws
  {
    let pipes = [try FileDescriptor.pipe(), try FileDescriptor.pipe()]
    let idle = try FileDescriptor.pipe()
    let world = World()
    for (index, pipe) in pipes.enumerated() {
      world.registrations.append(
        try EventLoop.main.add(pipe.read.raw, .read) { _ in
          world.calls += 1
          guard world.calls == 1 else { return }
          // One turn has fetched both events; the second is now for a number that means another pipe.
          let other = 1 - index
          EventLoop.main.remove(world.registrations[other])
          _ = dup2(idle.read.raw, pipes[other].read.raw)
          let next = try? EventLoop.main.add(pipes[other].read.raw, .read) { _ in world.strays += 1 }
          world.registrations[other] = next ?? world.registrations[other]
          EventLoop.main.remove(world.registrations[index])
        })
    }
    for pipe in pipes { try pipe.write.writeAll([1]) }
    await nextTurns()
    #expect(world.calls == 1)
    #expect(world.strays == 0)

    try idle.write.writeAll([1])
    await nextTurns()
    #expect(world.strays > 0)
    for registration in world.registrations { EventLoop.main.remove(registration) }
  }

  @MainLoop private final class World {
    var registrations: [EventLoop.Registration] = []
    var calls = 0
    var strays = 0
  }

  /// A timer fires after the descriptors of its turn; the second may be needed for what became ready late.
  @MainLoop private func nextTurns() async {
    for _ in 0..<2 { await MainLoop.sleep(for: .milliseconds(1)) }
  }

  @Test func `jobs from other threads wake it, and none is lost`() async {
    let total = await Total(of: 8000)
    for _ in 0..<8 {
      Thread.detachNewThread {
        for _ in 0..<1000 { Task { @MainLoop in total.add() } }
      }
    }
    await total.complete.value()
  }

  @MainLoop private final class Total {
    let complete = Once<Void>()
    private var left: Int

    init(of count: Int) { left = count }

    func add() {
      left -= 1
      if left == 0 { complete.finish(()) }
    }
  }

  @MainLoop @Test func `what is asked for at the end of a turn runs once all that was ready has run`() async {
    var order: [String] = []
    let over = Once<Void>()
    EventLoop.main.after(.zero) {
      EventLoop.main.atEndOfTurn {
        order.append("end")
        EventLoop.main.atEndOfTurn {
          order.append("end of the end")
          over.finish(())
        }
      }
      order.append("first")
    }
    EventLoop.main.after(.zero) { order.append("second") }
    await over.value()
    #expect(order == ["first", "second", "end", "end of the end"])
  }

  @MainLoop @Test func `a removed descriptor is heard of no more, and removing it twice hurts nobody`()
    async throws
  {
    let pipe = try FileDescriptor.pipe()
    var calls = 0
    let registration = try EventLoop.main.add(pipe.read.raw, .read) { _ in calls += 1 }
    EventLoop.main.remove(registration)
    let next = try FileDescriptor.pipe()
    let other = try EventLoop.main.add(next.read.raw, .read) { _ in }
    EventLoop.main.remove(registration)
    try pipe.write.writeAll([1])
    await nextTurns()
    #expect(calls == 0)
    EventLoop.main.remove(other)
  }

  @MainLoop @Test func `a descriptor that cannot be watched is refused`() throws {
    let folder = try TemporaryFolder()
    let file = try FileDescriptor.open(folder.write("file", ""), O_RDONLY)
    #expect(throws: SystemError.self) { try EventLoop.main.add(file.raw, .read) { _ in } }
  }
}
