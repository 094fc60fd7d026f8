import Linux

/// The private ports of this manager, one pool for all projects: two that start at once must not get the same.
@MainLoop
final class PortPool {
  private var ports = PrivatePorts.here()
  private var avoided: Set<UInt16> = []

  /// Somebody's public port, also while nobody listens there.
  func avoid(_ port: UInt16) { avoided.insert(port) }

  func next() -> UInt16? {
    ports?.next(isFree: { !avoided.contains($0) && !Socket.isListening(on: $0) }) ?? Socket.freePort()
  }
}
