import Glibc
import Linux
import TestSupport
import Testing

@testable import Drill

/// What a client takes for an answer, told by an upstream that sends anything.
@Suite(.timeLimit(.minutes(5))) struct TrafficTests {
  init() { MainLoopThread.start() }

  @MainLoop private func failure(_ answer: String, within limit: Duration = .seconds(20)) async throws
    -> String?
  {
    let upstream = try Upstream(answer)
    defer { upstream.close() }
    let target = Traffic.Target(port: upstream.port, path: "/", lowestBadStatus: 500)
    let conversation = Conversation(with: .loopback(upstream.port))
    defer { conversation.close() }
    return await Traffic.failure(conversation, target, within: limit)
  }

  @MainLoop
  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it", "HTTP/1.1 304 No\r\n\r\n",
  ])
  func `a whole answer below 500 is one`(answer: String) async throws {
    #expect(try await failure(answer) == nil)
  }

  @MainLoop
  @Test(arguments: [
    "", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Le",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "hello\r\n\r\n",
    "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",
  ])
  func `one that is cut short, no HTTP or an error is none`(answer: String) async throws {
    #expect(try await failure(answer) != nil)
  }

  @MainLoop @Test func `nobody there is told as such`() async throws {
    let upstream = try Upstream("")
    upstream.close()
    let conversation = Conversation(with: .loopback(upstream.port))
    let target = Traffic.Target(port: upstream.port, path: "/", lowestBadStatus: 500)
    #expect(await Traffic.failure(conversation, target, within: .seconds(20)) == "connection refused")
  }

  @MainLoop @Test func `a connection is used again`() async throws {
    let upstream = try Upstream("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", keepsOpen: true)
    defer { upstream.close() }
    let conversation = Conversation(with: .loopback(upstream.port))
    defer { conversation.close() }
    let target = Traffic.Target(port: upstream.port, path: "/", lowestBadStatus: 500)
    for _ in 0..<3 { #expect(await Traffic.failure(conversation, target, within: .seconds(20)) == nil) }
    #expect(upstream.accepted == 1)
  }

  @MainLoop @Test func `no answer is a failure when the time is over`() async throws {
    let upstream = try Upstream("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", keepsOpen: true)
    defer { upstream.close() }
    let conversation = Conversation(with: .loopback(upstream.port))
    let target = Traffic.Target(port: upstream.port, path: "/", lowestBadStatus: 500)
    #expect(
      await Traffic.failure(conversation, target, within: .milliseconds(50)) == "no answer within 50 ms")
  }

  @MainLoop @Test func `the time of failures is counted from the first to the last`() async {
    let tally = Tally()
    let start = ContinuousClock.Instant.now
    for (offset, failure) in [(0, nil), (100, "status 500"), (150, nil), (400, "status 502")]
      as [(Int, String?)]
    {
      tally.began()
      tally.ended(
        after: .milliseconds(offset), failure: failure, at: start.advanced(by: .milliseconds(offset)))
    }
    let counts = await tally.settle()
    #expect(counts.requests == 4)
    #expect(counts.failed == 2)
    #expect(counts.longest == .milliseconds(400))
    #expect(counts.failedFor == .milliseconds(300))
    #expect(counts.firstFailure == "status 500")
  }

  @MainLoop @Test func `time in which the drill itself could not run is nobody's failure`() {
    let start = ContinuousClock.Instant.now
    let clock = RunningClock(at: start)
    var passed: [Duration] = []
    for offset in [50, 110, 3160, 3180, 3400] {
      passed.append(clock.time(at: start.advanced(by: .milliseconds(offset))) - start)
    }
    // Three seconds at once are lost; somewhat late is only busy.
    #expect(passed == [50, 110, 160, 180, 400].map { .milliseconds($0) })
  }
}
