extension MainLoop {
  /// Sleeps on the loop's own timers. Returns early, without throwing, when the task is canceled.
  @MainLoop
  package static func sleep(for duration: Duration) async {
    if Task.isCancelled { return }
    let once = Once<Void>()
    let timer = EventLoop.main.after(duration) { once.finish(()) }
    await withTaskCancellationHandler {
      await once.value()
    } onCancel: {
      Task { @MainLoop in once.finish(()) }
    }
    timer.cancel()
  }
}

/// A value that one place sets, once, and another awaits.
@MainLoop
package final class Once<Value: Sendable> {
  private var result: Value?
  private var waiters: [CheckedContinuation<Value, Never>] = []

  package init() {}

  package var isFinished: Bool { result != nil }

  package func finish(_ value: Value) {
    guard result == nil else { return }
    result = value
    let resumed = waiters
    waiters = []
    for waiter in resumed { waiter.resume(returning: value) }
  }

  package func value() async -> Value {
    if let result { return result }
    return await withCheckedContinuation { waiters.append($0) }
  }
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
