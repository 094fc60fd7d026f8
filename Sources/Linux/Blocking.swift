import Glibc
import Synchronization

/// One thread for what may wait on a disk: fsync, syncfs, checkpoints. Jobs run in order, so two changes of
/// one file never interleave. The thread ends with the last job.
package final class Blocking: Sendable {
  package static let disk = Blocking()

  private struct State {
    var jobs: [@Sendable () -> Void] = []
    var running = false
  }

  private let state = Mutex(State())

  package func run<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
      add {
        do throws(Failure) {
          continuation.resume(returning: .success(try body()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  private func add(_ job: @escaping @Sendable () -> Void) {
    let mustStart = state.withLock { state in
      state.jobs.append(job)
      defer { state.running = true }
      return !state.running
    }
    guard mustStart else { return }
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 512 << 10)
    let context = Unmanaged.passRetained(self).toOpaque()
    let code = pthread_create(&thread, &attributes, blockingThread, context)
    pthread_attr_destroy(&attributes)
    if code != 0 {
      // No thread to be had: late is better than never.
      Unmanaged<Blocking>.fromOpaque(context).release()
      drain()
    }
  }

  fileprivate func drain() {
    while true {
      let job: (@Sendable () -> Void)? = state.withLock { state in
        if state.jobs.isEmpty {
          state.running = false
          return nil
        }
        return state.jobs.removeFirst()
      }
      guard let job else { return }
      job()
    }
  }
}

/// A plain function: a closure made at top level would be on the main actor and trap here.
private func blockingThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  Unmanaged<Blocking>.fromOpaque(context).takeRetainedValue().drain()
  return nil
}
