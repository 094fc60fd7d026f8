import History
import Linux
import Log
import Server

/// What may be taken away under a manager that runs: looked after every two seconds, so that nobody has to restart it.
extension Manager {
  func startUpkeep() { keepUp(Heartbeat(at: .now, wall: .now)) }

  private func keepUp(_ heartbeat: Heartbeat) {
    EventLoop.main.after(Heartbeat.interval) { [self] in
      guard !isStopping else { return }
      var heartbeat = heartbeat
      for sentence in heartbeat.beat(at: .now, wall: .now) { logger.warn(sentence) }
      for server in servers { renewSockets(of: server) }
      history.look()
      keepUp(heartbeat)
    }
  }

  private func renewSockets(of server: HTTPServer) {
    for result in server.renewSockets() {
      switch result {
      case .success(let path): logger.warn("\(path) was deleted or replaced while in use: it was made anew")
      case .failure(let error):
        // Not every two seconds.
        if socketTrouble != error.description { logger.warn("\(error)") }
        socketTrouble = error.description
      }
    }
  }
}
