import Linux
import TestSupport
import Testing

@testable import Supervisor

@Suite struct ProbeTests {
  init() { MainLoopThread.start() }

  @MainLoop
  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\n\r\n", 200), ("HTTP/1.0 404 Not Found\r\n", 404), ("HTTP/1.1 503", 503),
    ("HTTP/1.1 204\r\n", 204),
    ("HTTP/1.1 20", nil), ("HTTP/1.1 099 x", nil), ("HTTP/1.1 600 x", nil), ("HTTP/1.1 abc x", nil),
    ("HTTP/2 200 OK", nil),
    ("SSH-2.0-OpenSSH_9.2\r\n", nil), ("", nil), ("\r\n\r\n\r\n\r\n\r\n\r\n\r\n", nil),
  ])
  func `a status is read from an answer that is HTTP`(answer: String, status: Int?) {
    #expect(Probe.status(of: Array(answer.utf8)) == status)
  }
}
