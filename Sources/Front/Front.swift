import Glibc
import Linux

/// The public port.
@MainLoop
package final class Front {
  package let site: Site
  private let loops: Loops
  private var hasStarted = false
  private let stopped = Once<Void>()
  private var running = 0

  package init(_ configuration: FrontConfiguration) throws(SystemError) {
    let count = max(1, configuration.loops)
    var share = configuration
    // Each loop keeps its part of the whole.
    share.limits.held = max(1, configuration.limits.held / count)
    share.limits.connections = (configuration.limits.connections + count - 1) / count
    let descriptors = Descriptors.available / count
    var all: [Loop] = []
    for _ in 0..<count { all.append(try Loop(share, descriptors: descriptors)) }
    loops = Loops(all)
    site = Site(loops)
  }

  /// Every address of the machine, of both families where the kernel has both.
  package nonisolated static func everywhere(port: UInt16) -> SocketAddress {
    if let fd = try? ListeningSocket.open(.ipv6Any(port: 0), isShared: false) {
      close(fd)
      return .ipv6Any(port: port)
    }
    return .any(port)
  }

  /// Listens; call `start` to begin to answer. Returns the port, which the kernel chooses for port 0.
  @discardableResult
  package func listen(_ address: SocketAddress) throws(SystemError) -> UInt16 {
    var address = address
    let isShared = loops.all.count > 1
    // Sharing a port is for the loops of this process alone.
    if isShared { try ListeningSocket.check(address) }
    for (index, loop) in loops.all.enumerated() {
      let fd = try ListeningSocket.open(address, isShared: isShared)
      do throws(SystemError) {
        try loop.add(listener: fd, site: site.state(on: index))
      } catch {
        close(fd)
        throw error
      }
      if index == 0 { address = address.with(port: ListeningSocket.port(fd)) }
    }
    return address.port
  }

  package func start() throws(SystemError) {
    guard !hasStarted else { return }
    hasStarted = true
    for loop in loops.all {
      running += 1
      try FrontThread.start { [self] in
        loop.run()
        Task { @MainLoop in ended() }
      }
    }
  }

  private func ended() {
    running -= 1
    if running == 0 { stopped.finish(()) }
  }

  package func metrics() async -> FrontMetrics {
    await loops.gather { $0.metrics() }.reduce(into: FrontMetrics()) { $0 += $1 }
  }

  /// No new connections; what is in flight gets until `grace` is over.
  package func stop(within grace: Duration) async {
    guard hasStarted else { return }
    loops.post { loop, _ in loop.stop(until: loop.state.pointee.now + grace.milliseconds) }
    await stopped.value()
  }
}

extension SocketAddress {
  /// An IPv4 address, `localhost` or `[::1]`: names would have to be looked up.
  package init?(host: String, port: UInt16) {
    switch host {
    case "localhost": self = .loopback(port)
    case "[::1]": self = .ipv6Loopback(port: port)
    case "[::]": self = .ipv6Any(port: port)
    default:
      var address = in_addr()
      guard inet_pton(AF_INET, host, &address) == 1 else { return nil }
      self = .ipv4(UInt32(bigEndian: address.s_addr), port: port)
    }
  }

  var port: UInt16 {
    switch self {
    case .ipv4(_, let port), .ipv6Loopback(let port), .ipv6Any(let port): port
    case .unix: 0
    }
  }

  func with(port: UInt16) -> SocketAddress {
    switch self {
    case .ipv4(let address, _): .ipv4(address, port: port)
    case .ipv6Loopback: .ipv6Loopback(port: port)
    case .ipv6Any: .ipv6Any(port: port)
    case .unix: self
    }
  }
}
