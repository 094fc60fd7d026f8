import Linux

enum DrillPorts {
  /// Two free ones, below those that the kernel gives to outgoing connections: whoever asks again and again
  /// while nobody listens would else connect to itself one day.
  static func two() throws -> (app: UInt16, control: UInt16) {
    var found: Set<UInt16> = []
    for _ in 0..<200 where found.count < 2 {
      let port = UInt16.random(in: 20_000..<32_000)
      if !Socket.isListening(on: port) { found.insert(port) }
    }
    guard let app = found.popFirst(), let control = found.popFirst() else {
      throw DrillError("There are no two free ports between 20000 and 32000 for the drill.")
    }
    return (app, control)
  }
}
