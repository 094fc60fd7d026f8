import Linux

/// What answers for one project: its live release, or why there is none.
///
/// Every function returns when all loops act on it. Of a site that was removed none does anything.
@MainLoop
package final class Site {
  private let loops: Loops
  let number: Int

  init(_ loops: Loops, _ number: Int) {
    self.loops = loops
    self.number = number
  }

  /// New requests, and those that wait, go to it from now on. What an earlier one has begun stays there.
  package func serve(_ target: Target) async { await each { loop, site in loop.serve(target, on: site) } }

  /// New requests wait, in bounds, until something is served.
  package func hold() async { await each { loop, site in loop.hold(site) } }

  /// Nothing is live: 503 and a page that says that a release is being prepared. The state at first.
  package func refuse() async { await each { loop, site in loop.refuse(site) } }

  /// 503 and this text, whatever is live; nil ends it.
  package func setMaintenance(_ text: String?) async {
    await each { loop, site in loop.setMaintenance(text, on: site) }
  }

  /// Whom to ask for an asset that the live release does not have.
  package func setAssetFallback(_ target: Target?) async {
    await each { loop, site in loop.setFallback(target, on: site) }
  }

  /// By number, since a site may be removed while somebody still speaks to it.
  private func each(_ body: @escaping @Sendable (Loop, SiteRef) -> Void) async {
    await loops.each { [number] loop in
      if let site = loop.site(number) { body(loop, site) }
    }
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

  package func metrics() async -> SiteMetrics {
    await loops.gather { [number] loop in loop.site(number).map(loop.metrics(of:)) ?? SiteMetrics() }
      .reduce(into: SiteMetrics()) { $0 += $1 }
  }
}
