import Glibc
import Linux

/// The public port.
@MainLoop
package final class Front {
  /// Whose all requests are that no other site is named by.
  package let site: Site
  let loops: Loops
  private var lastNumber = Loop.mainNumber
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
    site = Site(loops, Loop.mainNumber)
  }

  /// Every address of the machine, of both families where the kernel has both.
  package nonisolated static func everywhere(port: UInt16) -> SocketAddress {
    if let fd = try? ListeningSocket.open(.ipv6Any(port: 0), isShared: false) {
      Glibc.close(fd)
      return .ipv6Any(port: port)
    }
    return .any(port)
  }

  /// Listens for all sites; call `start` to begin to answer. Returns the port, which the kernel chooses for port 0.
  @discardableResult
  package func listen(_ address: SocketAddress) throws(SystemError) -> UInt16 {
    let (sockets, port) = try open(address)
    for (loop, socket) in zip(loops.all, sockets) {
      try loop.add(listener: socket, site: loop.main, ownPort: 0)
    }
    return port
  }

  /// A socket for each loop.
  func open(_ address: SocketAddress) throws(SystemError) -> (sockets: [Int32], port: UInt16) {
    var address = address
    let isShared = loops.all.count > 1
    // Sharing a port is for the loops of this process alone.
    if isShared { try ListeningSocket.check(address) }
    var sockets: [Int32] = []
    do throws(SystemError) {
      for _ in loops.all {
        let socket = try ListeningSocket.open(address, isShared: isShared)
        sockets.append(socket)
        address = address.with(port: ListeningSocket.port(socket))
      }
    } catch {
      for socket in sockets { Glibc.close(socket) }
      throw error
    }
    return (sockets, address.port)
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

  func nextNumber() -> Int {
    lastNumber += 1
    return lastNumber
  }

  /// A loop that does not run yet has no thread of its own.
  func gather<Value: Sendable>(_ body: @escaping @Sendable (Loop, Int) -> Value) async -> [Value] {
    if hasStarted { return await loops.gather(body) }
    return loops.all.enumerated().map { body($1, $0) }
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
