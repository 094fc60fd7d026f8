import Linux
import TestSupport
import Testing

@testable import History

@Suite(.timeLimit(.minutes(5))) struct MessageTests {
  init() { MainLoopThread.start() }

  private func message(_ channel: String) -> MessageRecord {
    MessageRecord(
      deployment: 12, channel: channel, kind: "success", body: "{\"a\": \"é\"}", attempts: 0,
      dueAt: Timestamp(milliseconds: 1000), queuedAt: Timestamp(milliseconds: 900))
  }

  @MainLoop @Test func `what waits to be sent waits over a restart, in its order`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("history.db")
    let (history, _) = try History.open(path)
    var expected: [MessageRecord] = []
    for channel in ["webhook", "slack", "email"] {
      var message = message(channel)
      message.id = try history.insert(message)
      expected.append(message)
    }
    try history.reschedule(message: expected[0].id, attempts: 2, dueAt: Timestamp(milliseconds: 31_000))
    expected[0].attempts = 2
    expected[0].dueAt = Timestamp(milliseconds: 31_000)
    try history.remove(message: expected.remove(at: 1).id)
    history.close()
    let (again, _) = try History.open(path)
    #expect(try again.messages() == expected)
    again.close()
  }
}
