import History
import JSON
import Linux
import Log
import Supervisor
import TestSupport
import Testing

@testable import Manager
@testable import Notify

@Suite(.timeLimit(.minutes(5))) struct NewsDeskTests {
  private let folder: TemporaryFolder

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
  }

  @MainLoop private func desk(_ history: History, path: String) -> NewsDesk {
    var configuration = NotifyConfiguration()
    configuration.slackURL = "http://127.0.0.1:1/T/B/secret"
    return NewsDesk(
      configuration, history: history, exchange: Exchange(table: Reaper.table, marks: Reaper.marks),
      environment: ["PATH": path],
      logger: Logger(Log(format: .text, redactor: Redactor([]), descriptor: -1), source: "notify"))
  }

  @MainLoop @Test func `a deployment's end and the news of it are one transaction`() async throws {
    let path = folder.path("history.db")
    let (history, _) = try History.open(path)
    try history.store(ProjectRecord(slug: "main", repository: "/srv/x.git", branch: "main"))
    var deployment = Deployment(
      project: "main", state: .queued, trigger: "push", actor: "alice", ref: "main", commit: nil)
    deployment = try history.insert(deployment)
    history.commit()
    deployment.state = .failed
    deployment.startedAt = .now
    let desk = desk(history, path: folder.path)
    try history.update(deployment)
    desk.tell(deployment, of: "/srv/x.git")
    // What is in the file, as after kill -9 at this moment.
    let (before, _) = try History.open(path)
    #expect(try before.messages().isEmpty)
    #expect(try before.deployment(deployment.id)?.state == .queued)
    before.close()
    history.commit()
    let (after, _) = try History.open(path)
    let messages = try after.messages()
    #expect(messages.map(\.channel) == ["slack"])
    #expect(messages.map(\.kind) == ["failure"])
    #expect(messages.allSatisfy { !$0.body.contains("secret") })
    #expect(try after.deployment(deployment.id)?.state == .failed)
    after.close()
    desk.stop()
    history.close()
  }

  @MainLoop @Test func `a test answers for each channel, without its address`() async throws {
    let (history, _) = try History.open(folder.path("history.db"))
    let answer = await desk(history, path: folder.path).test().text
    #expect(
      answer.hasPrefix(#"{"items":[{"channel":"Slack","accepted":false,"message":"not sent: there is no"#))
    #expect(!answer.contains("secret"))
    history.close()
  }
}
