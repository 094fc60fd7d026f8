import JSON
import Linux
import TestSupport
import Testing

@testable import Notify

@Suite(.timeLimit(.minutes(5))) struct NotifierTests {
  init() { MainLoopThread.start() }

  @MainLoop final class Bench {
    let outbox = MemoryOutbox()
    let sender = ScriptedSender()
    let clock = ManualClock()
    var log: [String] = []
    var channels: [any Channel]
    lazy var notifier = make()

    init(_ channels: [any Channel]? = nil) {
      self.channels =
        channels ?? [Webhook(url: "https://hook.test/secret", secret: nil, kinds: NewsKind.forPeople)]
    }

    func make() -> Notifier {
      Notifier(channels: channels, outbox: outbox, sender: sender, clock: clock.clock) { self.log.append($0) }
    }

    func tell(_ id: Int64 = 12, state: String = "success", repository: String? = nil) throws {
      notifier.tell(try #require(news(record(id: id, state: state), repository: repository)))
    }
  }

  @MainLoop @Test func `what is accepted leaves the outbox, and is not spoken of`() async throws {
    let bench = Bench()
    try bench.tell()
    #expect(bench.outbox.rows.count == 1)
    await bench.clock.settle()
    #expect(bench.sender.sent.count == 1)
    #expect(bench.outbox.rows.isEmpty)
    #expect(bench.log.isEmpty)
  }

  @MainLoop @Test func `nothing is sent before it is on disk`() async throws {
    let bench = Bench()
    bench.outbox.isLazy = true
    try bench.tell()
    await bench.clock.settle()
    #expect(bench.sender.sent.isEmpty)
    bench.outbox.commit()
    await bench.clock.settle()
    #expect(bench.sender.sent.count == 1)
  }

  @MainLoop @Test func `a full disk keeps no news from being sent`() async throws {
    let bench = Bench()
    bench.outbox.isFull = true
    try bench.tell()
    await bench.clock.settle()
    #expect(bench.sender.sent.count == 1)
    #expect(bench.log.count == 1)
  }

  @MainLoop @Test func `attempts come after 5 s, 30 s, 2 min, 10 min, then each hour, for a day`()
    async throws
  {
    let bench = Bench()
    let start = bench.clock.now
    var times: [Int64] = []
    bench.sender.answer = { _ in
      times.append((bench.clock.now.milliseconds - start.milliseconds) / 1000)
      return .answered(Answer(status: 503))
    }
    try bench.tell()
    await bench.clock.advance(.seconds(3))
    #expect(bench.outbox.rows.first?.attempts == 1)
    await bench.clock.advance(.seconds(48 * 3600))
    #expect(times.prefix(7) == [0, 5, 35, 155, 755, 4355, 7955])
    #expect(times.count == 28)
    #expect(try #require(times.last) < 24 * 3600)
    #expect(bench.outbox.rows.isEmpty)
    #expect(
      bench.log == [
        "the webhook message about deployment #12 (success) was not sent: hook.test answered 503; "
          + "trying again in 5 s",
        "the webhook message about deployment #12 (success) is given up: hook.test answered 503",
      ])
    // The same bytes and the same delivery each time.
    #expect(Set(bench.sender.bodies).count == 1)
  }

  @MainLoop @Test func `a refusal is not tried again`() async throws {
    let bench = Bench()
    bench.sender.answer = { _ in .answered(Answer(status: 410)) }
    try bench.tell()
    await bench.clock.advance(.seconds(3600))
    #expect(bench.sender.sent.count == 1)
    #expect(bench.outbox.rows.isEmpty)
    #expect(
      bench.log == ["the webhook message about deployment #12 (success) is given up: hook.test answered 410"])
  }

  @MainLoop @Test func `the receiver may ask for patience, but for no more than an hour`() {
    #expect(Backoff.delay(afterAttempts: 1, atLeast: .seconds(90), jitter: 0) == .seconds(90))
    #expect(Backoff.delay(afterAttempts: 3, atLeast: .seconds(90), jitter: 0) == .seconds(120))
    #expect(Backoff.delay(afterAttempts: 1, atLeast: .seconds(1 << 31), jitter: 0) == .seconds(3600))
    #expect(Backoff.delay(afterAttempts: 1, atLeast: nil, jitter: 1) == .seconds(6))
  }

  @MainLoop @Test func `what one manager left the next one sends, under the same delivery id`() async throws {
    let bench = Bench()
    bench.sender.answer = { _ in .failed("it takes no connection") }
    try bench.tell()
    await bench.clock.settle()
    bench.notifier.stop()
    #expect(bench.outbox.rows.count == 1)
    bench.sender.answer = { _ in .answered(Answer(status: 200)) }
    let next = bench.make()
    next.resume()
    await bench.clock.advance(.seconds(10))
    #expect(bench.sender.sent.count == 2)
    #expect(Set(bench.sender.sent.map { $0.header("X-Webhook-Delivery") }).count == 1)
    #expect(bench.outbox.rows.isEmpty)
  }

  @MainLoop @Test func `what is told before the start is neither doubled nor sent before older news`()
    async throws
  {
    let bench = Bench([CommitStatuses(Self.github)])
    bench.sender.answer = { _ in .failed("down") }
    try bench.tell(state: "building", repository: "a/b")
    await bench.clock.settle()
    bench.sender.answer = { _ in .answered(Answer(status: 201)) }
    bench.notifier = bench.make()
    try bench.tell(state: "interrupted", repository: "a/b")
    bench.notifier.resume()
    await bench.clock.advance(.seconds(60))
    let states = try bench.sender.bodies.map { try JSONDocument(text: $0).root["state"]?.string }
    // The first is the attempt that failed.
    #expect(states == ["pending", "pending", "error"])
    #expect(bench.outbox.rows.isEmpty)
  }

  @MainLoop @Test func `after the stop news are written down, not sent`() async throws {
    let bench = Bench()
    bench.notifier.stop()
    try bench.tell(state: "interrupted")
    await bench.clock.settle()
    #expect(bench.sender.sent.isEmpty)
    #expect(bench.outbox.rows.map(\.kind) == ["failure"])
  }

  @MainLoop @Test func `a send that the stop cut short waits in the outbox as it was`() async throws {
    let bench = Bench()
    bench.sender.answer = { _ in
      await MainLoop.sleep(for: .seconds(30))
      return Task.isCancelled ? .canceled : .answered(Answer(status: 200))
    }
    try bench.tell()
    await bench.clock.settle()
    bench.notifier.stop()
    try await MainLoop.until { bench.sender.running == 0 }
    #expect(bench.outbox.rows.first?.attempts == 0)
    #expect(bench.log.isEmpty)
  }

  @MainLoop @Test func `a channel that is gone takes its messages along`() async throws {
    let bench = Bench()
    bench.sender.answer = { _ in .failed("x") }
    try bench.tell()
    await bench.clock.settle()
    bench.channels = []
    bench.make().resume()
    #expect(bench.outbox.rows.isEmpty)
  }

  private static let github = GitHub(token: "t")

  @MainLoop @Test func `a commit's states arrive in their order, whatever fails between`() async throws {
    let bench = Bench([CommitStatuses(Self.github)])
    bench.sender.answer = { _ in .failed("down") }
    try bench.tell(state: "building", repository: "a/b")
    await bench.clock.advance(.seconds(1))
    try bench.tell(state: "success", repository: "a/b")
    await bench.clock.advance(.seconds(1))
    #expect(bench.sender.sent.count == 1)
    bench.sender.answer = { _ in .answered(Answer(status: 201)) }
    await bench.clock.advance(.seconds(60))
    let states = try bench.sender.bodies.map { try JSONDocument(text: $0).root["state"]?.string }
    #expect(states == ["pending", "pending", "success"])
  }

  @MainLoop @Test func `one deployment's trouble does not keep the next one's news`() async throws {
    let bench = Bench()
    bench.sender.answer = { transfer in
      transfer.body.contains("\"id\":1,") ? .failed("x") : .answered(Answer(status: 200))
    }
    try bench.tell(1)
    try bench.tell(2)
    await bench.clock.settle()
    #expect(bench.outbox.rows.map(\.deployment) == [1])
  }

  /// Channels that differ only in their name.
  private final class Numbered: Channel {
    let name: String
    var title: String { name }
    init(_ number: Int) { name = "c\(number)" }
    func takes(_ news: DeploymentNews) -> Bool { true }
    func deliver(_ news: DeploymentNews, delivery: String, isRetry: Bool, by sender: any Sender) async
      -> DeliveryOutcome
    {
      DeliveryOutcome(await sender.send(.post("https://\(name).test", json: [])), from: name)
    }
    func test(by sender: any Sender) async -> DeliveryOutcome { .accepted }
  }

  @MainLoop @Test func `at most four are sent at once, and one on a channel`() async throws {
    let bench = Bench((0..<6).map { Numbered($0) })
    let gate = Once<Void>()
    bench.sender.answer = { _ in
      await gate.value()
      return .answered(Answer(status: 200))
    }
    for id in 1...3 { try bench.tell(Int64(id)) }
    await bench.clock.settle()
    #expect(bench.sender.sent.map(\.url) == (0..<4).map { "https://c\($0).test" })
    gate.finish(())
    while !bench.outbox.rows.isEmpty { await bench.clock.settle() }
    #expect(bench.sender.sent.count == 18)
    #expect(bench.sender.mostAtOnce == 4)
  }

  @MainLoop @Test func `of more than a thousand the oldest go, with a word`() async throws {
    let bench = Bench()
    bench.sender.answer = { _ in .unavailable("no curl") }
    for id in 1...1002 { try bench.tell(Int64(id)) }
    #expect(bench.outbox.rows.count == 1000)
    #expect(bench.outbox.rows.map(\.deployment).contains(1002))
    #expect(bench.log.filter { $0.hasPrefix("more than 1000 notifications wait") }.count == 2)
  }

  @MainLoop @Test func `a missing curl is said once, and first`() async throws {
    let bench = Bench()
    bench.sender.obstacle = CurlProgram.missing
    bench.sender.answer = { _ in .unavailable(CurlProgram.missing) }
    bench.notifier.resume()
    #expect(bench.log == [CurlProgram.missing])
    try bench.tell()
    await bench.clock.advance(.seconds(3600))
    #expect(bench.log == [CurlProgram.missing])
    #expect(bench.outbox.rows.count == 1)
  }

  @MainLoop @Test func `people are told what they asked for`() async throws {
    let bench = Bench([Webhook(url: "https://hook.test", secret: nil, kinds: [.failure])])
    for state in ["building", "success", "rolled_back", "canceled", "failed"] { try bench.tell(state: state) }
    await bench.clock.settle()
    #expect(bench.sender.sent.map { $0.header("X-Webhook-Event") } == ["deployment.failure"])
  }

  @MainLoop @Test func `a test tells of each channel what became of it`() async throws {
    let bench = Bench([
      Webhook(url: "https://hook.test", secret: nil, kinds: []),
      Chat.slack("https://slack.test/x", kinds: []), CommitStatuses(Self.github),
    ])
    bench.sender.answer = { transfer in
      transfer.url.contains("slack") ? .failed("it takes no connection") : .answered(Answer(status: 200))
    }
    let results = await bench.notifier.test()
    #expect(results.map(\.channel) == ["webhook", "Slack", "GitHub commit status"])
    #expect(results.map(\.isAccepted) == [true, false, true])
    #expect(
      results.map(\.sentence) == ["accepted", "not sent: slack.test: it takes no connection", "accepted"])
    #expect(bench.outbox.rows.isEmpty)
  }
}
