import Glibc
import Linux

/// Sites beside the main one, while the front runs or before. Every function returns when all loops act on it.
extension Front {
  /// One that nobody gets to yet, and where nothing is live.
  package func addSite() async -> Site {
    let number = nextNumber()
    await each { loop in loop.addSite(number) }
    return Site(loops, number)
  }

  /// Its hosts and ports are nobody's, requests that wait get the page of 503, connections that came by its ports
  /// end with the answer that they wait for. Drain what it served before. The main site stays.
  package func remove(_ site: Site) async {
    await each { [number = site.number] loop in
      if let site = loop.site(number) { loop.remove(site) }
    }
  }

  /// These and no other hosts are the site's, on the port of all sites: names, in whichever case, without a port,
  /// or `prefix.*` for all that begin so. What is no `HostPattern` is passed over; of two sites that have the same
  /// the one that was added first gets it.
  package func route(_ hosts: [String], to site: Site) async {
    let hosts = hosts.compactMap { HostPattern($0) }
    await each { [number = site.number] loop in
      if let site = loop.site(number) { loop.route(hosts, to: site) }
    }
  }

  /// A port where every request is the site's, whatever host it names. Returns the port, which the kernel chooses
  /// for port 0.
  @discardableResult
  package func listen(_ address: SocketAddress, for site: Site) async throws(SystemError) -> UInt16 {
    let (sockets, port) = try open(address)
    let outcomes = await gather { [number = site.number] loop, index in
      (index: index, error: loop.listen(sockets[index], port: port, for: number))
    }
    let taken = outcomes.filter { $0.error == nil }.map(\.index)
    if taken.count == sockets.count { return port }
    for index in sockets.indices where !taken.contains(index) { Glibc.close(sockets[index]) }
    await close(port, of: site)
    throw outcomes.lazy.compactMap(\.error).first ?? SystemError(code: ECANCELED, operation: "listen")
  }

  /// Such a port takes no more connections. Those that idle end now, the others with the answer that they wait for.
  package func close(_ port: UInt16, of site: Site) async {
    await each { [number = site.number] loop in
      if let site = loop.site(number) { loop.closePort(port, of: site) }
    }
  }

  private func each(_ body: @escaping @Sendable (Loop) -> Void) async {
    _ = await gather { loop, _ in body(loop) }
  }
}
