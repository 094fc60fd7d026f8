import Glibc
import Linux

/// Sites that come and go, with the hosts and the ports by which they are asked for.
extension Loop {
  static let mainNumber = 0

  func site(_ number: Int) -> SiteRef? { state.pointee.sites.first { $0.pointee.number == number } }

  func addSite(_ number: Int) {
    let site = SiteRef.allocate(capacity: 1)
    site.initialize(to: SiteState(number))
    state.pointee.sites.append(site)
  }

  func route(_ hosts: [HostPattern], to site: SiteRef) {
    site.pointee.hosts = hosts
    settleRoutes()
  }

  private func settleRoutes() {
    state.pointee.routes.replace(
      by: state.pointee.sites.flatMap { site in site.pointee.hosts.map { (host: $0, site: site) } })
  }

  /// Nobody gets to it any more, and what is left of its clients is nobody's.
  func remove(_ site: SiteRef) {
    guard site != main, site != nowhere else { return }
    route([], to: site)
    closeListeners { $0.pointee.ownPort != 0 && $0.pointee.site == site }
    dismiss { $0.pointee.ownPort != 0 && $0.pointee.site == site }
    dispatchAwaited()
    site.pointee.fallback = nil
    site.pointee.maintenance.deallocate()
    refuse(site)
    eachClient { client in
      guard client.pointee.site == site else { return }
      // Only what is for the webhook waits still.
      let waits = client.pointee.list == .parked
      if waits { move(client, to: .busy) }
      client.pointee.site = nowhere
      if waits { move(client, to: .parked) }
    }
    state.pointee.sites.removeAll { $0 == site }
    site.deinitialize(count: 1)
    site.deallocate()
  }

  // MARK: Ports

  /// It is the caller's to close the descriptor if this fails.
  func listen(_ fd: Int32, port: UInt16, for number: Int) -> SystemError? {
    guard let site = site(number), !state.pointee.isStopping else {
      return SystemError(code: ECANCELED, operation: "listen")
    }
    do throws(SystemError) {
      try add(listener: fd, site: site, ownPort: port)
      return nil
    } catch {
      return error
    }
  }

  /// Takes no more connections there. Whoever came by it is let go, once it has the answer that it waits for.
  func closePort(_ port: UInt16, of site: SiteRef) {
    closeListeners { $0.pointee.ownPort == port && $0.pointee.site == site }
    dismiss { $0.pointee.ownPort == port && $0.pointee.site == site }
  }

  private func dismiss(_ isMeant: (ClientRef) -> Bool) {
    var idle: [ClientRef] = []
    eachClient { client in
      guard isMeant(client) else { return }
      client.pointee.isLeaving = true
      client.pointee.closesAfter = true
      if client.pointee.list == .idle { idle.append(client) }
    }
    // A request may have come that was not looked at yet: it is still answered.
    for client in idle where client.pointee.list == .idle {
      client.pointee.endpoint.isReadable = true
      readClient(client)
      if client.pointee.list == .idle { close(client) }
    }
  }

  private func eachClient(_ body: (ClientRef) -> Void) {
    each(in: state.pointee.idle, body)
    each(in: state.pointee.busy, body)
    for site in state.pointee.sites { each(in: site.pointee.parked, body) }
  }

  private func each(in list: LinkedList<Client>, _ body: (ClientRef) -> Void) {
    var next = list.first
    while let client = next {
      next = client.pointee.next
      body(client)
    }
  }
}
