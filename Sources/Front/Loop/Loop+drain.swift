/// The last requests of a release that goes.
extension Loop {
  func drain(_ backend: BackendRef, _ drain: Drain) {
    endDrain(of: backend)
    backend.pointee.drain = drain
    state.pointee.draining += 1
    sweepDrain(backend)
  }

  /// As it is: it was canceled, or the release serves again, or all is done.
  func endDrain(of backend: BackendRef) {
    guard let drain = backend.pointee.drain else { return }
    backend.pointee.drain = nil
    state.pointee.draining -= 1
    drain.done(drain.report)
  }

  func finishDrainIfDone(_ backend: BackendRef) {
    if backend.pointee.drain != nil, backend.pointee.inFlight == 0 { endDrain(of: backend) }
  }

  func sweepDrain(_ backend: BackendRef) {
    guard let drain = backend.pointee.drain else { return }
    let now = state.pointee.now
    if now >= drain.streamsUntil, !drain.isEndingStreams {
      backend.pointee.drain?.isEndingStreams = true
      eachClient(of: backend) { client in
        guard client.pointee.isStream else { return }
        backend.pointee.drain?.report.endedStreams += 1
        client.pointee.isEnding = true
        endAtBoundary(client)
      }
    }
    if now >= drain.requestsUntil {
      eachClient(of: backend) { client in
        guard !client.pointee.isStream else { return }
        backend.pointee.drain?.report.cutRequests += 1
        cut(client)
      }
    }
    // One that began meanwhile, or that does not come to a boundary.
    if now >= drain.streamsUntil + 1000 {
      eachClient(of: backend) { client in
        if client.pointee.isStream { client.pointee.phase == .tunnel ? close(client) : abort(client) }
      }
    }
    finishDrainIfDone(backend)
  }

  private func cut(_ client: ClientRef) {
    guard !client.pointee.hasResponse, let upstream = client.pointee.upstream else { return abort(client) }
    close(upstream)
    fail(client, "the release that had this request was stopped before it answered")
  }

  private func eachClient(of backend: BackendRef, _ body: (ClientRef) -> Void) {
    var next = backend.pointee.active.first
    while let upstream = next {
      next = upstream.pointee.next
      if let client = upstream.pointee.client { body(client) }
    }
  }
}
