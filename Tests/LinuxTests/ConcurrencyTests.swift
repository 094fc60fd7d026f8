import Glibc
import Linux
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct ConcurrencyTests {
  init() { MainLoopThread.start() }

  @MainLoop @Test func `a canceled sleep is over at once`() async {
    let began = Once<Void>()
    let sleeper = Task { @MainLoop in
      began.finish(())
      await MainLoop.sleep(for: .seconds(3600))
      return Task.isCancelled
    }
    await began.value()
    sleeper.cancel()
    #expect(await sleeper.value)
  }

  @MainLoop @Test func `the first value set is the one that all get`() async {
    let once = Once<Int>()
    let waiter = Task { @MainLoop in await once.value() }
    #expect(!once.isFinished)
    once.finish(1)
    once.finish(2)
    #expect(await waiter.value == 1)
    #expect(await once.value() == 1)
  }

  @MainLoop @Test func `a lock has one holder at a time and is handed on in order`() async {
    let lock = AsyncLock()
    var order: [Int] = []
    var holders = 0
    await lock.lock()
    let tasks = (0..<10).map { index in
      Task { @MainLoop in
        await lock.lock()
        holders += 1
        #expect(holders == 1)
        order.append(index)
        await MainLoop.sleep(for: .zero)
        holders -= 1
        lock.unlock()
      }
    }
    lock.unlock()
    for task in tasks { await task.value }
    #expect(order == Array(0..<10))
  }

  @MainLoop @Test func `disk work runs elsewhere, hands its error back and leaves the loop free`()
    async throws
  {
    let (gate, opener) = try FileDescriptor.pipe()
    let work = Task { @MainLoop in
      await Blocking.disk.run { () -> Int in
        // Until this very loop has written: were the loop waiting for the disk, this would hang.
        ((try? gate.read(upTo: 1)) ?? nil)?.count ?? 0
      }
    }
    await MainLoop.sleep(for: .zero)
    try opener.writeAll([1])
    #expect(await work.value == 1)
    await #expect(throws: SystemError(code: EROFS, operation: "write")) {
      try await Blocking.disk.run { () throws(SystemError) in
        throw SystemError(code: EROFS, operation: "write")
      }
    }
  }
}
