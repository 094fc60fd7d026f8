import Linux
import Synchronization

/// All loops of a front, and the ways to speak to them from outside.
final class Loops: Sendable {
  let all: [Loop]

  init(_ all: [Loop]) { self.all = all }

  /// Runs on every loop; `orElse` for one that has ended.
  func post(
    _ body: @escaping @Sendable (Loop, Int) -> Void, orElse: @escaping @Sendable () -> Void = {}
  ) {
    for (index, loop) in all.enumerated() where !loop.mailbox.post({ body($0, index) }) { orElse() }
  }

  /// Returns when it has run on every loop.
  func each(_ body: @escaping @Sendable (Loop) -> Void) async {
    _ = await gather { loop, _ in body(loop) }
  }

  func gather<Value: Sendable>(_ body: @escaping @Sendable (Loop) -> Value) async -> [Value] {
    await gather { loop, _ in body(loop) }
  }

  func gather<Value: Sendable>(_ body: @escaping @Sendable (Loop, Int) -> Value) async -> [Value] {
    let collected = Collected<Value>(all.count)
    return await withCheckedContinuation { continuation in
      post { loop, index in
        collected.add(body(loop, index), continuation)
      } orElse: {
        collected.add(nil, continuation)
      }
    }
  }
}

private final class Collected<Value: Sendable>: Sendable {
  private let state: Mutex<(missing: Int, values: [Value])>

  init(_ count: Int) { state = Mutex((count, [])) }

  func add(_ value: Value?, _ continuation: CheckedContinuation<[Value], Never>) {
    let values: [Value]? = state.withLock { state in
      if let value { state.values.append(value) }
      state.missing -= 1
      return state.missing == 0 ? state.values : nil
    }
    if let values { continuation.resume(returning: values) }
  }
}

/// The drains of all loops, as one.
final class Reports: Sendable {
  private let state: Mutex<(missing: Int, report: DrainReport)>

  init(_ count: Int) { state = Mutex((count, DrainReport())) }

  func add(_ report: DrainReport, _ continuation: CheckedContinuation<DrainReport, Never>) {
    let whole: DrainReport? = state.withLock { state in
      state.report += report
      state.missing -= 1
      return state.missing == 0 ? state.report : nil
    }
    if let whole { continuation.resume(returning: whole) }
  }
}
