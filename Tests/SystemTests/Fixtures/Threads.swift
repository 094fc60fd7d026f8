import Glibc
import Synchronization
import Testing

/// Runs `body` on a thread of its own, which ends with it.
func startThread(_ body: @escaping @Sendable () -> Void) {
  let box = Unmanaged.passRetained(ThreadBody(body))
  var thread = pthread_t()
  let code = pthread_create(&thread, nil, runThreadBody, box.toOpaque())
  precondition(code == 0, "no thread: \(String(cString: strerror(code)))")
  pthread_detach(thread)
}

/// What blocks does so where nobody else waits for the thread.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    startThread { continuation.resume(with: Result(catching: body)) }
  }
}

/// One thread for each, all at once; in order what they returned.
func onThreads<Value: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (Int) throws -> Value
) async throws -> [Value] {
  try await withThrowingTaskGroup { group in
    for number in 0..<count { group.addTask { (number, try await onThread { try body(number) }) } }
    var results: [(Int, Value)] = []
    for try await result in group { results.append(result) }
    return results.sorted { $0.0 < $1.0 }.map(\.1)
  }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runThreadBody(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
  return nil
}

/// A test that blocks on sockets gets a thread of its own: the few of the pool are there for all other tests.
struct OnItsOwnThread: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let thread = OneThread()
    defer { thread.end() }
    try await withTaskExecutorPreference(thread) { try await function() }
  }
}

extension Trait where Self == OnItsOwnThread {
  static var onItsOwnThread: Self { OnItsOwnThread() }
}

private final class OneThread: TaskExecutor {
  private let jobs = Mutex<(waiting: [UnownedJob], isOver: Bool)>(([], false))
  private let bell = Bell()

  init() {
    startThread { [self] in
      while true {
        bell.wait()
        let (job, isOver) = jobs.withLock { jobs in
          (jobs.waiting.isEmpty ? nil : jobs.waiting.removeFirst(), jobs.isOver)
        }
        if let job { job.runSynchronously(on: asUnownedTaskExecutor()) } else if isOver { return }
      }
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.waiting.append(job) }
    bell.ring()
  }

  func end() {
    jobs.withLock { $0.isOver = true }
    bell.ring()
  }
}

/// A semaphore: each ring ends one wait, whichever comes first.
final class Bell: Sendable {
  // A sem_t may not move, and its functions are safe on any thread.
  nonisolated(unsafe) private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func ring() { sem_post(semaphore) }

  func wait() { while sem_wait(semaphore) != 0 {} }

  /// False when nobody rang.
  func wait(atMost seconds: Int) -> Bool {
    var deadline = timespec()
    clock_gettime(CLOCK_REALTIME, &deadline)
    deadline.tv_sec += seconds
    while sem_timedwait(semaphore, &deadline) != 0 {
      guard errno == EINTR else { return false }
    }
    return true
  }
}

/// In a script, on its thread.
func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }

/// Counted on any thread.
final class Counter: Sendable {
  private let count = Mutex(0)

  var value: Int { count.withLock { $0 } }

  func add(_ number: Int = 1) { count.withLock { $0 += number } }
}
