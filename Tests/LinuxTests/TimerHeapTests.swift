import TestSupport
import Testing

@testable import Linux

@Suite struct TimerHeapTests {
  private let start = ContinuousClock.Instant.now

  init() { MainLoopThread.start() }

  @MainLoop @Test func `timers come due in the order of their deadlines, equal ones as they were set`() {
    var heap = TimerHeap()
    var fired: [Int] = []
    let delays = (0..<200).map { ($0 * 7919) % 50 }
    for delay in delays { _ = heap.insert(at: start + .seconds(delay)) { fired.append(delay) } }
    #expect(heap.next == start)
    for timer in heap.removeDue(at: start + .seconds(24)) { timer.fire() }
    #expect(fired == delays.filter { $0 <= 24 }.sorted())
    for timer in heap.removeDue(at: start + .seconds(50)) { timer.fire() }
    #expect(fired == delays.sorted())
    #expect(heap.next == nil)

    var order: [Int] = []
    for index in 0..<20 { _ = heap.insert(at: start) { order.append(index) } }
    for timer in heap.removeDue(at: start) { timer.fire() }
    #expect(order == Array(0..<20))
  }

  @MainLoop @Test func `a canceled timer does not fire, not even when it was due already`() {
    var heap = TimerHeap()
    var fired: [String] = []
    var later: TimerToken?
    _ = heap.insert(at: start) {
      fired.append("first")
      later?.cancel()
    }
    later = heap.insert(at: start + .seconds(1)) { fired.append("second") }
    let never = heap.insert(at: start + .seconds(2)) { fired.append("third") }
    never.cancel()
    for timer in heap.removeDue(at: start + .seconds(3)) { timer.fire() }
    #expect(fired == ["first"])
    #expect(heap.next == nil)
  }

  @MainLoop @Test func `a timer fires once, also when it is fired again`() {
    var heap = TimerHeap()
    var count = 0
    let timer = heap.insert(at: start) { count += 1 }
    timer.fire()
    timer.fire()
    #expect(count == 1)
  }
}
