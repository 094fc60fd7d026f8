import HTTP
import Linux
import Server
import TestSupport

@testable import Front

/// A front in this process, with its main site and whatever a test adds.
struct TestFront {
  let front: Front
  let port: UInt16

  func client() throws -> LoopbackClient { try LoopbackClient(port: port) }
}

/// An app on a free port of loopback, or on a socket at a path. Says its name; `/slow` waits until it is told to go on.
@MainLoop
final class TestApp {
  nonisolated let target: Target
  private let server: HTTPServer
  private let slow: Waiting

  @MainLoop
  private final class Waiting {
    var responders: [Responder] = []
    var count = 0
  }

  init(_ name: String, at path: String? = nil) throws {
    let slow = Waiting()
    self.slow = slow
    server = HTTPServer { request, _, respond in
      if request.head.path == "/slow" {
        slow.count += 1
        slow.responders.append(respond)
      } else {
        respond(.text(200, name))
      }
    }
    let listener = try path.map { try Listener.unix(path: $0) } ?? Listener.tcp(port: 0, setting: "PORT")
    target = Target(address: path.map { .unix($0) } ?? .loopback(listener.port))
    try server.listen(listener)
  }

  var slowRequests: Int { slow.count }

  func goOn() {
    for respond in slow.responders { respond(.text(200, "at last")) }
    slow.responders = []
  }

  func stop() async { await server.stop(within: .zero) }
}

/// Before `main`, an app that says so.
func withSites(
  loops: Int = 1, _ adjust: (inout FrontConfiguration) -> Void = { _ in },
  _ body: (TestFront) async throws -> Void
) async throws {
  MainLoopThread.start()
  var configuration = FrontConfiguration()
  configuration.loops = loops
  adjust(&configuration)
  let main = try await TestApp("main")
  let front = try await Front(configuration)
  let port = try await front.listen(.loopback(0))
  try await front.start()
  await front.site.serve(main.target)
  let result: (any Error)?
  do {
    try await body(TestFront(front: front, port: port))
    result = nil
  } catch {
    result = error
  }
  await front.stop(within: .zero)
  await main.stop()
  if let result { throw result }
}

extension LoopbackClient {
  func get(_ host: String, _ path: String = "/") async throws -> LoopbackResponse {
    try send("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
    return try await answer()
  }

  func answer() async throws -> LoopbackResponse {
    guard let response = await response() else { throw NoAnswer() }
    return response
  }
}

struct NoAnswer: Error {}

extension LoopbackResponse {
  var closes: Bool { head.lowercased().contains("\r\nconnection: close\r\n") }
}

/// Five seconds at most.
func eventually(_ claim: () async throws -> Bool) async throws -> Bool {
  for _ in 0..<500 {
    if try await claim() { return true }
    try await Task.sleep(for: .milliseconds(10))
  }
  return false
}
