import Glibc
import JSON
import Linux
import SQLite
import TestSupport
import Testing

@testable import History

/// Deliveries, actions, and what becomes of a damaged file.
@Suite(.timeLimit(.minutes(5))) struct RecordTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path("history.db") }

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
  }

  private func delivery(_ guid: String, payload: [UInt8]? = nil) -> Delivery {
    var delivery = Delivery(
      guid: guid, at: Timestamp(milliseconds: 5), provider: "github", event: "push", verdict: "ignored")
    delivery.payload = payload
    return delivery
  }

  private func deployment(_ delivery: String? = nil) -> Deployment {
    Deployment(project: "main", state: .queued, trigger: "push", actor: "alice", ref: "main", commit: nil)
  }

  @MainLoop @Test func `everything about a delivery comes back, in a list without its payload`() throws {
    let (history, _) = try History.open(path)
    let deployment = try history.insert(deployment())
    var stored = delivery("a", payload: Array(0...255))
    stored.reason = "another branch"
    stored.project = "main"
    stored.verdict = "queued"
    stored.deployment = deployment.id
    stored = try history.insert(stored)
    let again = try history.insert(delivery("a"))
    _ = try history.insert(delivery("'; DROP TABLE deliveries; --"))
    history.close()

    let (reopened, _) = try History.open(path)
    let page = try reopened.deliveries()
    #expect(page.items.map(\.id) == [3, 2, 1] && page.next == nil)
    #expect(page.items.allSatisfy { $0.payload == nil })
    #expect(page.items.last?.json.text == stored.json.text)
    #expect(try reopened.delivery("a")?.id == again.id)
    #expect(try reopened.delivery("b") == nil)
    #expect(try reopened.deliveries(before: 3, limit: 1).items.map(\.id) == [2])
    #expect(try reopened.deliveries(before: 3, limit: 1).next == 2)
    #expect(
      stored.json.text
        == #"{"guid":"a","at":"1970-01-01T00:00:00.005Z","provider":"github","event":"push","verdict":"queued","#
        + #""reason":"another branch","project":"main","deployment":1}"#)
    try reopened.remove(project: "main")
    #expect(try reopened.deliveries().items.last?.project == nil)
    #expect(try reopened.deliveries().items.last?.deployment == nil)
  }

  @MainLoop @Test func `a payload comes back byte for byte, and one that is too long is not kept`() throws {
    let (history, _) = try History.open(path)
    for (guid, count) in [("none", 0), ("one", 1), ("most", 1 << 20), ("more", 1 << 20 + 1)] {
      _ = try history.insert(delivery(guid, payload: [UInt8](repeating: 7, count: count)))
    }
    #expect(try history.delivery("none")?.payload == [])
    #expect(try history.delivery("one")?.payload == [7])
    #expect(try history.delivery("most")?.payload?.count == 1 << 20)
    #expect(try history.delivery("more")?.payload == nil)
  }

  @MainLoop private func count(_ history: History) throws -> Int64 {
    try history.writeHeld()
    return try history.database.rows("SELECT count(*) FROM deliveries") { $0.integer(0) ?? 0 }.first ?? 0
  }

  @MainLoop @Test func `about five hundred deliveries are kept, the newest`() throws {
    let (history, _) = try History.open(path)
    for number in 1...700 { _ = try history.insert(delivery("d\(number)", payload: [1])) }
    #expect((500..<564).contains(try count(history)))
    #expect(try history.delivery("d100") == nil)
    #expect(try history.delivery("d201")?.payload == [1])
    history.close()
    let (reopened, _) = try History.open(path)
    _ = try reopened.insert(delivery("last"))
    #expect(try count(reopened) == 500)
  }

  @MainLoop @Test func `strangers push out nothing but what strangers sent`() throws {
    let (history, _) = try History.open(path)
    for number in 1...100 { _ = try history.insert(delivery("d\(number)", payload: [1])) }
    for number in 1...1000 {
      var stranger = delivery("r\(number)")
      stranger.verdict = "refused"
      _ = try history.insert(stranger)
    }
    for number in 1...100 { #expect(try history.delivery("d\(number)")?.payload == [1]) }
    #expect((150..<214).contains(try count(history)))
    #expect(try history.delivery("r900") == nil)
    #expect(try history.delivery("r951")?.verdict == "refused")
  }

  @MainLoop @Test func `whoever sends a delivery's name without the secret does not stand before it`() throws
  {
    let (history, _) = try History.open(path)
    let genuine = try history.insert(delivery("a", payload: [1]))
    var stranger = delivery("a")
    stranger.verdict = "refused"
    _ = try history.insert(stranger)
    #expect(try history.delivery("a")?.id == genuine.id)
    #expect(try history.delivery("a")?.payload == [1])
  }

  /// What somebody else sees in the file.
  private func committed() throws -> Int64 {
    try Database(path: path).rows("SELECT count(*) FROM deliveries") { $0.integer(0) ?? -1 }.first ?? -1
  }

  @MainLoop @Test func `a delivery is in the file soon, with the next deployment, or with many others`()
    async throws
  {
    let (history, _) = try History.open(path)
    _ = try history.insert(delivery("a"))
    #expect(try committed() == 0)
    try await MainLoop.until { try committed() >= 1 }
    _ = try history.insert(delivery("b"))
    _ = try history.insert(deployment())
    history.commit()
    #expect(try committed() == 2)
    for number in 1...64 { _ = try history.insert(delivery("c\(number)")) }
    history.commit()
    #expect(try committed() == 66)
    #expect(try history.insert(delivery("d")).id == 67)
    history.close()
    #expect(try committed() == 67)
  }

  @MainLoop @Test func `deliveries that could not be written are written later`() throws {
    let (history, _) = try History.open(path)
    let other = try Database(path: path)
    try other.execute("BEGIN IMMEDIATE")
    var failures = 0
    for number in 1...70 {
      do { _ = try history.insert(delivery("d\(number)")) } catch { failures += 1 }
    }
    #expect(failures == 1)
    try other.execute("ROLLBACK")
    _ = try history.insert(deployment())
    history.commit()
    #expect(try committed() == 70)
  }

  @MainLoop @Test func `two projects may have one port on record: who has it is the manager's to say`() throws
  {
    let (history, _) = try History.open(path)
    for slug in ["a", "b"] {
      var project = ProjectRecord(slug: slug, repository: "/repo", branch: "main")
      project.port = 8080
      try history.store(project)
    }
    #expect(try history.projects().filter { $0.port == 8080 }.map(\.slug).sorted() == ["a", "b"])
  }

  @MainLoop @Test func `what people did is listed newest first`() throws {
    let (history, _) = try History.open(path)
    for number in 1...300 {
      try history.insert(Action(actor: "alice", action: "lock", project: "main", detail: "\(number)"))
    }
    let page = try history.actions(limit: 3)
    #expect(page.items.map(\.detail) == ["300", "299", "298"])
    #expect(page.next == 298)
    #expect(try history.actions(before: page.next, limit: 1).items.map(\.detail) == ["297"])
    #expect(try history.actions(before: 2).items.map(\.id) == [1])
    history.close()
    let (reopened, _) = try History.open(path)
    let action = try #require(try reopened.actions(limit: 1).items.first)
    #expect(action == page.items.first)
  }

  @MainLoop private func actions(_ history: History, of actor: String? = nil) throws -> Int64 {
    try history.database.rows(
      "SELECT count(*) FROM actions WHERE ?1 IS NULL OR actor = ?1", [SQLiteValue(actor)]
    ) { $0.integer(0) ?? 0 }.first ?? 0
  }

  @MainLoop @Test func `nobody pushes out of the audit what others did, and it ends somewhere`() throws {
    let (history, _) = try History.open(path)
    try history.insert(Action(actor: "mallory", action: "remove", project: "main"))
    for number in 1...12_000 { try history.insert(Action(actor: "actor\(number % 20)", action: "login")) }
    #expect((10_000..<10_064).contains(try actions(history)))
    #expect(try actions(history, of: "mallory") == 0)
    try history.insert(Action(actor: "alice", action: "remove", project: "main"))
    let others = try actions(history) - actions(history, of: "actor0")
    for _ in 1...9000 { try history.insert(Action(actor: "actor0", action: "login")) }
    #expect((1000..<1064).contains(try actions(history, of: "actor0")))
    #expect(try actions(history, of: "alice") == 1)
    #expect(try actions(history) - actions(history, of: "actor0") > others - 1000)
  }

  @MainLoop @Test func `where a new file begins, its numbers go on behind the old ones`() throws {
    let (history, _) = try History.open(path)
    try history.skipNumbers(upTo: 41)
    #expect(try history.insert(deployment()).id == 42)
    try history.skipNumbers(upTo: 7)
    #expect(try history.insert(deployment()).id == 43)
  }

  /// Writes over what lies in the middle of the file: its head is whole, so that opening it alone tells nothing.
  private func damage(from page: Int) throws {
    let file = try FileDescriptor.open(path, O_RDWR)
    let noise = [UInt8](repeating: 0xa5, count: 200 * 4096)
    #expect(noise.withUnsafeBytes { pwrite(file.raw, $0.baseAddress, $0.count, off_t(page * 4096)) } > 0)
  }

  @MainLoop private func fill(_ count: Int) throws -> History {
    let (history, _) = try History.open(path)
    for number in 0..<count {
      try history.insert(
        Action(actor: "alice", action: "lock", detail: String(repeating: "x", count: 50_000) + "\(number)"))
      _ = try history.insert(deployment())
    }
    history.commit()
    return history
  }

  @MainLoop @Test func `damage in the middle of a small file is found when it is opened`() throws {
    try fill(100).close()
    try damage(from: 30)
    let (history, warning) = try History.open(path)
    #expect(warning?.contains("it was set aside as \(path).damaged-") == true)
    #expect(try history.insert(deployment()).id == 1)
  }

  @MainLoop @Test func `damage of a large file is found beside the work, and mended at the next start`()
    async throws
  {
    try fill(400).close()
    let (whole, _) = try History.open(path)
    #expect(await whole.checkLater() == nil)
    whole.close()
    try damage(from: 1000)
    let (history, warning) = try History.open(path)
    #expect(warning == nil)
    var told: [String] = []
    history.onDamage = { told.append($0) }
    let sentence = await history.checkLater()
    #expect(sentence?.contains("until Bascule is started again") == true)
    #expect(told.count == 1)
    history.close()
    let (reopened, again) = try History.open(path)
    #expect(again?.contains("it was set aside as") == true)
    #expect(try reopened.insert(deployment()).id == 1)
    #expect(folder.names.filter { $0.hasSuffix(".damaged") } == [])
  }

  @MainLoop @Test func `a file damaged while it is in use is an error, told once`() throws {
    let history = try fill(300)
    history.close()
    let (open, _) = try History.open(path)
    var told = 0
    open.onDamage = { _ in told += 1 }
    try damage(from: 0)
    for suffix in ["-wal"] { _ = truncate(path + suffix, 0) }
    for _ in 0..<50 {
      _ = try? open.insert(deployment())
      _ = try? open.page()
      _ = try? open.deliveries()
      open.commit()
    }
    #expect(told <= 1)
    open.close()
    let (reopened, warning) = try History.open(path)
    #expect(warning != nil)
    #expect(try reopened.insert(deployment()).id == 1)
  }
}
