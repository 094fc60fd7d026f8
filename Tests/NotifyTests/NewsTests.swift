import JSON
import Testing

@testable import Notify

@Suite struct NewsTests {
  @Test(
    arguments: [
      ("success", "push", true, .success), ("success", "boot", true, .success),
      ("success", "rollback", true, .rollback), ("success", "watch", true, .restored),
      ("success", "reload", true, .success), ("failed", "push", true, .failure),
      ("rolled_back", "push", true, .rollback), ("building", "push", true, .started),
      ("interrupted", "push", true, .failure), ("interrupted", "push", false, nil),
      ("canceled", "push", true, .ended), ("canceled", "push", false, nil),
      ("superseded", "push", false, nil), ("skipped", "push", false, nil), ("queued", "push", false, nil),
    ] as [(String, String, Bool, NewsKind?)])
  func `what is told follows from the record`(
    state: String, trigger: String, started: Bool, kind: NewsKind?
  ) {
    #expect(news(record(state: state, trigger: trigger, started: started))?.kind == kind)
  }

  @Test func `a reload that goes back is a rollback`() {
    #expect(news(record(trigger: "reload", release: 3, replaces: 7))?.kind == .rollback)
  }

  @Test func `the link leads below the public address, once`() {
    #expect(news(publicURL: "https://x.test/ci/")?.url == "https://x.test/ci/deployments/12")
    #expect(news(publicURL: "https://x.test")?.url == "https://x.test/deployments/12")
    #expect(news()?.url == nil)
  }

  @Test func `news come back from the outbox as they went in`() throws {
    let told = try #require(news(publicURL: "https://x.test", repository: "a/b"))
    let (again, delivery) = try #require(
      DeploymentNews.restored(told.stored(delivery: "d1"), kind: told.kind.rawValue))
    #expect(delivery == "d1")
    #expect(again.url == told.url)
    #expect(again.repository == "a/b")
    #expect(again.record.text == told.record.text)
    #expect(DeploymentNews.restored("{}", kind: "success") == nil)
    #expect(DeploymentNews.restored("no JSON", kind: "success") == nil)
    #expect(DeploymentNews.restored(told.stored(delivery: "d1"), kind: "other") == nil)
  }

  @Test func `a commit message of a megabyte is cut`() throws {
    let told = try #require(news(record(message: String(repeating: "\u{1}", count: 1 << 20))))
    #expect(told.message?.unicodeScalars.count == 2000)
    #expect(told.stored(delivery: "d").utf8.count < 20_000)
  }

  @Test func `what people read says what happened, to what, and for whom`() {
    #expect(news()?.headline == "main: release 8 is live, deployed in 12.3 s")
    #expect(news()?.details == ["0123456 Fix it (Bob)", "Asked for by alice (push)"])
    let failed = news(record(state: "failed", message: "One\n\nTwo", error: "bun install failed"))
    #expect(failed?.headline == "main: deployment #12 of main failed")
    #expect(failed?.details.first == "bun install failed")
    #expect(failed?.details.dropFirst().first == "0123456 One (Bob)")
    #expect(news(record(state: "rolled_back"))?.headline == "main: deployment #12 was rolled back")
    #expect(news(record(trigger: "rollback"))?.headline == "main: alice rolled back to release 8")
  }
}
