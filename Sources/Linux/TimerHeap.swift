/// Names a timer, so that it can be called off.
@MainLoop
package final class TimerToken {
  fileprivate var body: (@MainLoop () -> Void)?

  fileprivate init(_ body: @escaping @MainLoop () -> Void) { self.body = body }

  package func cancel() { body = nil }

  func fire() {
    let body = body
    cancel()
    body?()
  }
}

/// A binary heap by deadline. Canceled timers stay until their time comes, holding nothing.
struct TimerHeap {
  private struct Entry {
    let deadline: ContinuousClock.Instant
    let order: UInt64
    let token: TimerToken
  }

  private var entries: [Entry] = []
  private var order: UInt64 = 0

  @MainLoop
  var next: ContinuousClock.Instant? { entries.first?.deadline }

  @MainLoop
  mutating func insert(at deadline: ContinuousClock.Instant, _ body: @escaping @MainLoop () -> Void)
    -> TimerToken
  {
    order &+= 1
    let token = TimerToken(body)
    entries.append(Entry(deadline: deadline, order: order, token: token))
    siftUp(entries.count - 1)
    return token
  }

  /// They fire outside: a timer may well insert the next one.
  @MainLoop
  mutating func removeDue(at now: ContinuousClock.Instant) -> [TimerToken] {
    var due: [TimerToken] = []
    while let first = entries.first, first.deadline <= now || first.token.body == nil {
      due.append(first.token)
      removeFirst()
    }
    return due
  }

  private mutating func removeFirst() {
    guard let last = entries.popLast(), !entries.isEmpty else { return }
    entries[0] = last
    var index = 0
    while true {
      var smallest = index
      for child in [2 * index + 1, 2 * index + 2] where child < entries.count {
        if precedes(child, smallest) { smallest = child }
      }
      if smallest == index { return }
      entries.swapAt(index, smallest)
      index = smallest
    }
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0, precedes(index, (index - 1) / 2) {
      entries.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    let (one, other) = (entries[left], entries[right])
    return one.deadline == other.deadline ? one.order < other.order : one.deadline < other.deadline
  }
}
