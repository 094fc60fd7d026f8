import Linux

/// What answers for one project: its live release, or why there is none.
///
/// Every function returns when all loops act on it.
@MainLoop
package final class Site {
  private let loops: Loops
  private let states: SiteStates

  init(_ loops: Loops) {
    self.loops = loops
    states = SiteStates(loops.all.map { $0.addSite() })
  }

  /// For the loops that are set up and do not run yet.
  func state(on index: Int) -> SiteRef { states.all[index] }

  /// New requests, and those that wait, go to it from now on. What an earlier one has begun stays there.
  package func serve(_ target: Target) async {
    await loops.each { [states] loop, index in loop.serve(target, on: states.all[index]) }
  }

  /// New requests wait, in bounds, until something is served.
  package func hold() async { await loops.each { [states] loop, index in loop.hold(states.all[index]) } }

  /// Nothing is live: 503 and a page that says that a release is being prepared. The state at first.
  package func refuse() async { await loops.each { [states] loop, index in loop.refuse(states.all[index]) } }

  /// 503 and this text, whatever is live; nil ends it.
  package func setMaintenance(_ text: String?) async {
    await loops.each { [states] loop, index in loop.setMaintenance(text, on: states.all[index]) }
  }

  /// Whom to ask for an asset that the live release does not have.
  package func setAssetFallback(_ target: Target?) async {
    await loops.each { [states] loop, index in loop.setFallback(target, on: states.all[index]) }
  }

  /// Waits until nothing of `target` is in flight any more, `within` at most for requests and `streams` for
  /// SSE and upgraded connections; what is left then is ended: WebSockets with Close 1001 at a frame's end, SSE
  /// at an event's end, the rest cut. Canceling the task, or serving the target again, leaves all as it is.
  package func drain(_ target: Target, within: Duration, streams: Duration) async -> DrainReport {
    let reports = Reports(loops.all.count)
    let loops = loops
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        loops.post { loop, _ in
          guard let backend = loop.known(target) else {
            return reports.add(DrainReport(), continuation)
          }
          let now = loop.state.pointee.now
          loop.drain(
            backend,
            Drain(
              requestsUntil: now + within.milliseconds, streamsUntil: now + streams.milliseconds,
              done: { reports.add($0, continuation) }))
        } orElse: {
          reports.add(DrainReport(), continuation)
        }
      }
    } onCancel: {
      loops.post { loop, _ in
        if let backend = loop.known(target) { loop.endDrain(of: backend) }
      }
    }
  }

  package func tally(of target: Target) async -> Tally {
    await loops.gather { loop in loop.tally(of: target) }.reduce(into: Tally()) { $0 += $1 }
  }
}

/// One per loop. Unchecked: each loop dereferences its own.
struct SiteStates: @unchecked Sendable {
  let all: [SiteRef]

  init(_ all: [SiteRef]) { self.all = all }
}
