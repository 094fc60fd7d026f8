import Glibc
import Linux
import Testing

@testable import Manager

@Suite struct PortTroubleTests {
  @Test func `an app that listens elsewhere is told of PORT, and of the way out`() {
    #expect(
      PortTrouble.elsewhere([4000], insteadOf: 10_001)
        == "; it listens on port 4000 instead of PORT=10001: let it read process.env.PORT, "
        + "or set HANDOFF=in-place and APP_PORT=4000")
    #expect(
      PortTrouble.elsewhere([], insteadOf: 10_001)
        == "; it listens on nothing instead of PORT=10001: let it read process.env.PORT")
    #expect(PortTrouble.elsewhere([4000, 10_001], insteadOf: 10_001) == "")
    #expect(PortTrouble.elsewhere(nil, insteadOf: 10_001) == "")
  }

  @Test func `a shortage of the manager's own is told as that`() {
    let error = SystemError(code: EMFILE, operation: "socket")
    #expect(
      PortTrouble.unasked(error)
        == "; in the end it could not be asked: Too many open files: "
        + "give the container more of them (docker run --ulimit nofile=N)")
  }

  @Test(arguments: [
    ("error: Failed to start server. Is port 3000 in use?", "port 3000"),
    ("Error: listen EADDRINUSE: address already in use :::8080", "port 8080"),
    ("Error: listen EADDRINUSE: address already in use 0.0.0.0:8080", "port 8080"),
    ("OSError: [Errno 98] Address already in use", "its port"),
    ("listen tcp :8081: bind: address already in use", "port 8081"),
  ])
  func `an app that finds its port taken is told the same`(line: String, port: String) {
    #expect(
      PortTrouble.taken(["starting", line, "code: \"EADDRINUSE\"", "Node.js v22"], insteadOf: 10_001)
        == "; it found \(port) taken: let it read process.env.PORT (10001), "
        + "or set HANDOFF=in-place and APP_PORT to a port that is the app's alone")
  }

  @Test func `the port it was given being taken is another thing`() {
    #expect(
      PortTrouble.taken(["Is port 10001 in use?"], insteadOf: 10_001)
        == "; it found its port 10001 taken by another process")
  }

  @Test func `other last words say nothing about a port`() {
    for line in ["TypeError: undefined is not a function", "importing 3 modules", ""] {
      #expect(PortTrouble.taken([line], insteadOf: 10_001) == "")
    }
    #expect(PortTrouble.taken([], insteadOf: 10_001) == "")
  }
}
