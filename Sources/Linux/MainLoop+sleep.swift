extension MainLoop {
  /// Sleeps on the loop's own timers. Returns early, without throwing, when the task is canceled.
  @MainLoop
  package static func sleep(for duration: Duration) async {
    _ = await Once<Void>().value(within: duration)
  }
}

/// A value that one place sets, once, and others await.
@MainLoop
package final class Once<Value: Sendable> {
  private var result: Value?
  private var waiters: [Int: CheckedContinuation<Value?, Never>] = [:]
  private var nextWaiter = 0

  package init() {}

  package var isFinished: Bool { result != nil }

  package func finish(_ value: Value) {
    guard result == nil else { return }
    result = value
    let resumed = waiters
    waiters = [:]
    for waiter in resumed.values { waiter.resume(returning: value) }
  }

  package func value() async -> Value {
    while true {
      if let result { return result }
      // Nothing gives this waiter up, so it is resumed with a value.
      if let value = await wait(as: newWaiter()) { return value }
    }
  }

  /// nil when the time is over or the task is canceled first.
  package func value(within limit: Duration) async -> Value? {
    if let result { return result }
    if Task.isCancelled { return nil }
    let number = newWaiter()
    let timer = EventLoop.main.after(limit) { [self] in giveUp(number) }
    defer { timer.cancel() }
    return await withTaskCancellationHandler {
      await wait(as: number)
    } onCancel: {
      Task { @MainLoop in self.giveUp(number) }
    }
  }

  private func newWaiter() -> Int {
    nextWaiter += 1
    return nextWaiter
  }

  private func wait(as number: Int) async -> Value? {
    if let result { return result }
    return await withCheckedContinuation { waiters[number] = $0 }
  }

  private func giveUp(_ number: Int) { waiters.removeValue(forKey: number)?.resume(returning: nil) }
}

/// First come, first served: one holder at a time across suspensions.
@MainLoop
package final class AsyncLock {
  private var held = false
  private var waiters: [CheckedContinuation<Void, Never>] = []

  package init() {}

  package func lock() async {
    if !held {
      held = true
      return
    }
    await withCheckedContinuation { waiters.append($0) }
  }

  package func unlock() {
    if waiters.isEmpty { held = false } else { waiters.removeFirst().resume() }
  }
}
