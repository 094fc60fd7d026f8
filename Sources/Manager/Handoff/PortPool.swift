import Linux

/// The private ports of this manager, one pool for all projects: two that start at once must not get the same.
@MainLoop
final class PortPool {
  private var ports = PrivatePorts.here()

  func next() -> UInt16? {
    ports?.next(isFree: { !Socket.isListening(on: $0) }) ?? Socket.freePort()
  }
}
