import CLinux
import Glibc
import Synchronization

/// epoll, timers and the executor of `MainLoop`, on whichever thread calls `run`.
///
/// Unchecked: everything but `inbox` and `thread` is touched by the running thread alone.
package final class EventLoop: SerialExecutor, @unchecked Sendable {
  package static let main = EventLoop()

  package typealias Handler = @MainLoop (Readiness) -> Void

  package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let read = Readiness(rawValue: EPOLLIN.rawValue)
    package static let write = Readiness(rawValue: EPOLLOUT.rawValue)
    package static let closed = Readiness(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
    package static let peerClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
  }

  /// What `add` returns. The generation tells a slot's owner from the one before: an event that was
  /// already fetched for a removed descriptor must not reach the next owner of its number.
  package struct Registration: Sendable {
    fileprivate let slot: Int
    fileprivate let generation: UInt32
    fileprivate let descriptor: Int32
  }

  private struct Slot {
    var generation: UInt32 = 0
    var handler: Handler?
  }

  private struct Inbox {
    var jobs: [UnownedJob] = []
    var wakePending = false
  }

  private let epoll: Int32
  private let wake: Int32
  private let inbox = Mutex(Inbox())
  private let thread = Atomic<UInt>(0)
  private var slots: [Slot] = []
  private var freeSlots: [Int] = []
  private var timers = TimerHeap()
  private var endOfTurn: [@MainLoop () -> Void] = []
  private var stopped = false

  private init() {
    // A peer or a reader that goes away is an error of one write, not the end of the program.
    signal(SIGPIPE, SIG_IGN)
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    precondition(epoll >= 0 && wake >= 0, "epoll and eventfd are not available on this kernel")
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: UInt64.max))
    _ = epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event)
  }

  // MARK: Executor

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let elsewhere = !isCurrentThread
    let mustWake = inbox.withLock { inbox in
      inbox.jobs.append(job)
      guard elsewhere, !inbox.wakePending else { return false }
      inbox.wakePending = true
      return true
    }
    if mustWake {
      var one: UInt64 = 1
      _ = Glibc.write(wake, &one, 8)
    }
  }

  package func checkIsolated() {
    precondition(isCurrentThread, "this must run on the main loop")
  }

  package func isIsolatingCurrentContext() -> Bool? { isCurrentThread }

  private var isCurrentThread: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

  /// Names the calling thread the loop's own, so that set-up before `run` may already use it.
  package func adoptCurrentThread() { thread.store(UInt(pthread_self()), ordering: .relaxed) }

  /// For the program, not for tests: there is no thread pool any more. Without this every resumed continuation
  /// makes a detour through one, at twenty times the price.
  package func becomeOnlyExecutor() {
    adoptCurrentThread()
    clinux_take_over_global_executor { job in
      guard let job else { return }
      EventLoop.main.enqueue(ExecutorJob(unsafeBitCast(job, to: UnownedJob.self)))
    }
  }

  // MARK: Descriptors

  @MainLoop
  package func add(_ descriptor: Int32, _ interest: Readiness, handler: @escaping Handler)
    throws(SystemError) -> Registration
  {
    let slot = freeSlots.popLast() ?? slots.count
    if slot == slots.count { slots.append(Slot()) }
    let generation = slots[slot].generation
    do throws(SystemError) {
      try control(EPOLL_CTL_ADD, descriptor, slot, generation, interest)
    } catch {
      freeSlots.append(slot)
      throw error
    }
    slots[slot].handler = handler
    return Registration(slot: slot, generation: generation, descriptor: descriptor)
  }

  @MainLoop
  package func change(_ registration: Registration, to interest: Readiness) {
    try? control(
      EPOLL_CTL_MOD, registration.descriptor, registration.slot, registration.generation, interest)
  }

  /// Call before the descriptor is closed.
  @MainLoop
  package func remove(_ registration: Registration) {
    guard slots[registration.slot].generation == registration.generation else { return }
    _ = epoll_ctl(epoll, EPOLL_CTL_DEL, registration.descriptor, nil)
    slots[registration.slot].generation &+= 1
    slots[registration.slot].handler = nil
    freeSlots.append(registration.slot)
  }

  private func control(
    _ operation: Int32, _ descriptor: Int32, _ slot: Int, _ generation: UInt32, _ interest: Readiness
  ) throws(SystemError) {
    var event = epoll_event(
      events: interest.rawValue,
      data: epoll_data_t(u64: UInt64(generation) << 32 | UInt64(truncatingIfNeeded: slot)))
    try systemCall("epoll_ctl") { epoll_ctl(epoll, operation, descriptor, &event) }
  }

  // MARK: Time

  @MainLoop @discardableResult
  package func after(_ delay: Duration, _ body: @escaping @MainLoop () -> Void) -> TimerToken {
    timers.insert(at: .now + max(delay, .zero), body)
  }

  /// Runs once what is ready now has been handled; several requests of one turn share the cost of one commit.
  @MainLoop
  package func atEndOfTurn(_ body: @escaping @MainLoop () -> Void) { endOfTurn.append(body) }

  // MARK: Running

  @MainLoop
  package func stop() { stopped = true }

  package func run() {
    adoptCurrentThread()
    // Else every request of some size makes the heap grow, and shrink again after it.
    clinux_keep_heap(1 << 20)
    var events = [epoll_event](repeating: epoll_event(), count: 256)
    MainLoop.assumeIsolated {
      stopped = false
      while !stopped { turn(&events) }
    }
  }

  @MainLoop
  private func turn(_ events: inout [epoll_event]) {
    runJobs()
    runEndOfTurn()
    let count = epoll_wait(epoll, &events, Int32(events.count), waitTime())
    for index in 0..<max(0, Int(count)) {
      let event = events[index]
      let data = event.data.u64
      if data == UInt64.max {
        drainWake()
        continue
      }
      let slot = Int(data & 0xffff_ffff)
      guard slot < slots.count, slots[slot].generation == UInt32(truncatingIfNeeded: data >> 32) else {
        continue
      }
      slots[slot].handler?(Readiness(rawValue: event.events))
    }
    for timer in timers.removeDue(at: .now) { timer.fire() }
  }

  @MainLoop
  private func runJobs() {
    // Bounded, so that jobs which enqueue jobs cannot keep descriptors and timers waiting.
    for _ in 0..<64 {
      let batch = inbox.withLock { inbox in
        let jobs = inbox.jobs
        inbox.jobs.removeAll(keepingCapacity: jobs.count < 1024)
        return jobs
      }
      if batch.isEmpty { return }
      for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
  }

  @MainLoop
  private func runEndOfTurn() {
    // Bounded, as the jobs are.
    for _ in 0..<64 {
      if endOfTurn.isEmpty { return }
      let bodies = endOfTurn
      endOfTurn.removeAll(keepingCapacity: true)
      for body in bodies { body() }
      runJobs()
    }
  }

  @MainLoop
  private func waitTime() -> Int32 {
    if stopped || !endOfTurn.isEmpty || inbox.withLock({ !$0.jobs.isEmpty }) { return 0 }
    guard let next = timers.next else { return -1 }
    let remaining = next - .now
    if remaining <= .zero { return 0 }
    // Rounded up: waking a hair too early would spin.
    let milliseconds = remaining.milliseconds + 1
    return Int32(clamping: milliseconds)
  }

  private func drainWake() {
    var count: UInt64 = 0
    _ = Glibc.read(wake, &count, 8)
    inbox.withLock { $0.wakePending = false }
  }
}
