import CLinux
import Glibc
import Linux

/// The sole owner of waitpid: whatever ends as a child of this process is reaped here, the orphans that the
/// kernel hands to PID 1 included, and exit statuses reach those who started the child from here alone.
@MainLoop
package final class ProcessTable {
  private var exits: [pid_t: @MainLoop (ExitStatus) -> Void] = [:]
  private var childEvents: [Int: CheckedContinuation<Void, Never>] = [:]
  private var nextWaiter = 0
  package private(set) var orphansReaped = 0

  package init() {}

  /// `onExit` is never called before `start` has returned: reaping happens in later turns of the loop.
  package func start(_ spawn: Spawn, onExit: @escaping @MainLoop (ExitStatus) -> Void)
    throws(SystemError) -> pid_t
  {
    let pid = try spawn.start()
    exits[pid] = onExit
    return pid
  }

  /// Those that were started here and have not been reaped yet.
  var children: Set<pid_t> { Set(exits.keys) }

  /// Where its user has more processes than that already, perhaps in another container, without the limit: it could
  /// not run at all.
  func startWithinLimit(_ spawn: Spawn, onExit: @escaping @MainLoop (ExitStatus) -> Void)
    throws(SystemError) -> pid_t
  {
    do throws(SystemError) {
      return try start(spawn, onExit: onExit)
    } catch  where error.code == EAGAIN && spawn.processLimit > 0 {
      var spawn = spawn
      spawn.processLimit = 0
      return try start(spawn, onExit: onExit)
    }
  }

  /// To be called on every SIGCHLD: one signal may stand for many children.
  package func reap() {
    var status: Int32 = 0
    while true {
      let pid = waitpid(-1, &status, WNOHANG)
      if pid > 0 {
        if let onExit = exits.removeValue(forKey: pid) {
          onExit(ExitStatus(waitStatus: status))
        } else {
          orphansReaped += 1
        }
      } else if pid == 0 || errno != EINTR {
        break
      }
    }
    let waiters = childEvents.values
    childEvents.removeAll()
    for waiter in waiters { waiter.resume() }
  }

  /// Waits until a child has ended or `limit` is over, whichever is first.
  func nextExit(within limit: Duration) async {
    let number = nextWaiter
    nextWaiter += 1
    let timer = EventLoop.main.after(limit) { [self] in
      childEvents.removeValue(forKey: number)?.resume()
    }
    await withCheckedContinuation { childEvents[number] = $0 }
    timer.cancel()
  }
}
