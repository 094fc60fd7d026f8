import Linux
import SQLite
import TestSupport
import Testing

@testable import History

@Suite(.timeLimit(.minutes(5))) struct PageTests {
  private let folder: TemporaryFolder

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
  }

  @MainLoop private func history(_ count: Int) throws -> History {
    try History.filled(folder.path("history.db"), count)
  }

  private static let filters: [DeploymentFilter] = {
    var filters: [DeploymentFilter] = []
    for project in [nil, "main", "rare", "none"] {
      for projects in [nil, [], ["rare"], ["main", "rare"], ["main", "shop", "rare", "none"]] {
        for state in [nil, DeploymentState.failed, .success, .canceled] {
          for before in [nil, 1, 1234, Int64.max] {
            filters.append(
              DeploymentFilter(project: project, projects: projects, state: state, before: before))
          }
        }
      }
    }
    return filters
  }()

  @MainLoop @Test func `every filter finds what it says, newest first, and pages join without a seam`() throws
  {
    let history = try history(3000)
    let all =
      try history.latest(project: "main", limit: 5000) + history.latest(project: "shop", limit: 5000)
      + history.latest(project: "rare", limit: 5000)
    #expect(all.count == 3000)
    for filter in Self.filters {
      let expected = all.filter { row in
        (filter.project.map { $0 == row.project } ?? true)
          && (filter.projects.map { $0.contains(row.project) } ?? true)
          && (filter.state.map { $0 == row.state } ?? true) && (filter.before.map { row.id < $0 } ?? true)
      }.map(\.id).sorted(by: >)
      let page = try history.page(of: filter)
      #expect(page.items.map(\.id) == Array(expected.prefix(50)))
      #expect(page.next == (expected.count > 50 ? page.items.last?.id : nil))
    }
    for projects in [nil, ["main", "rare"]] {
      var ids: [Int64] = []
      var filter = DeploymentFilter(projects: projects, limit: 200)
      repeat {
        let page = try history.page(of: filter)
        ids += page.items.map(\.id)
        filter.before = page.next
      } while filter.before != nil
      #expect(ids == all.filter { projects?.contains($0.project) ?? true }.map(\.id).sorted(by: >))
    }
  }

  @MainLoop @Test func `a limit is at least one row and at most two hundred`() throws {
    let history = try history(300)
    for (asked, given) in [(Int.min, 1), (0, 1), (1, 1), (200, 200), (.max, 200)] {
      #expect(try history.page(of: DeploymentFilter(limit: asked)).items.count == given)
    }
  }

  @MainLoop @Test func `a page out of a hundred thousand is little work, by any filter`() throws {
    let history = try history(100_000)
    for filter in Self.filters {
      // To look at each row once would be some hundred thousand.
      #expect(try history.database.steps { _ = try history.page(of: filter) } < 5000, "\(filter)")
    }
    _ = try history.countByState()
    #expect(try history.database.steps { _ = try history.countByState() } == 0)
  }

  @MainLoop @Test func `no page is looked for row by row`() throws {
    let history = try history(10)
    for (condition, values) in [
      ("WHERE id < ? ORDER BY id DESC LIMIT ?", 2),
      ("WHERE project = ? AND id < ? ORDER BY id DESC LIMIT ?", 3),
      ("WHERE project = ? AND state = ? AND id < ? ORDER BY id DESC LIMIT ?", 4),
    ] {
      let plan = try history.database.rows(
        "EXPLAIN QUERY PLAN SELECT id FROM deployments \(condition)",
        Array(repeating: SQLiteValue.integer(1), count: values)
      ) { $0.text(3) ?? "" }
      #expect(plan.count == 1 && plan[0].hasPrefix("SEARCH deployments USING"), "\(plan)")
    }
  }

  @MainLoop @Test func `the newest of each project are kept, and those that have not ended`() async throws {
    let (history, _) = try History.open(folder.path("history.db"))
    try history.store(ProjectRecord(slug: "shop", repository: "/repo", branch: "main"))
    for number in 1...1000 {
      var row = Deployment(
        project: number <= 5 ? "shop" : "main", state: .success, trigger: "push", actor: "alice", ref: "main",
        commit: nil)
      row.delivery = "d-\(number)"
      row.finishedAt = number == 7 ? nil : .now
      _ = try history.insert(row)
    }
    let gone = try await history.forgetOld(of: "main", keep: 3) + history.forgetOld(of: "shop", keep: 3)
    #expect(gone.sorted() == [1, 2, 6] + Array(8...997))
    #expect(try history.latest(project: "main", limit: 100).map(\.id) == [1000, 999, 998, 7])
    #expect(try history.latest(project: "shop", limit: 100).map(\.id) == [5, 4, 3])
    #expect(history.deployment(ofDelivery: "d-997", project: "main") == nil)
    #expect(history.deployment(ofDelivery: "d-998", project: "main") == 998)
    #expect(try await history.forgetOld(of: "main", keep: 500).isEmpty)
  }

  @MainLoop @Test func `what is forgotten takes its log along`() async throws {
    let (history, _) = try History.open(folder.path("history.db"))
    let logs = DeploymentLogs(folder: folder.path)
    for _ in 1...4 {
      var row = Deployment(
        project: "main", state: .success, trigger: "push", actor: "alice", ref: "main", commit: nil)
      row.finishedAt = .now
      let id = try history.insert(row).id
      logs.log(of: id).append("x", essential: true)
      logs.finish(id)
    }
    try await Retention(deployments: 2, logDays: 90).apply(to: history, logs, of: "main")
    #expect(folder.names.filter { $0.hasSuffix(".log") } == ["3.log", "4.log"])
  }

  @MainLoop @Test func `a log whose deployment is gone goes too, unless it is of an older history`()
    async throws
  {
    let (history, _) = try History.open(folder.path("history.db"))
    try history.skipNumbers(upTo: 2)
    for _ in 3...6 {
      var row = Deployment(
        project: "main", state: .success, trigger: "push", actor: "alice", ref: "main", commit: nil)
      row.finishedAt = .now
      _ = try history.insert(row)
    }
    let numbers = try history.numbers()
    #expect(numbers.kept == [3, 4, 5, 6] && numbers.highest == 6)
    let logs = DeploymentLogs(folder: folder.path)
    for id in 1...8 {
      logs.log(of: Int64(id)).append("x", essential: true)
      // The last waits yet.
      if id < 8 { logs.finish(Int64(id)) }
    }
    // What is appended is written at the end of a turn.
    await MainLoop.sleep(for: .milliseconds(1))
    await logs.removeStrays(kept: [3, 5], upTo: 6)
    #expect(
      folder.names.filter { $0.hasSuffix(".log") }.sorted()
        == ["1", "2", "3", "5", "7", "8"].map { $0 + ".log" })
  }

  @MainLoop @Test func `a project that goes takes its deployments along, and what asked for them`() throws {
    let (history, _) = try History.open(folder.path("history.db"))
    try history.store(ProjectRecord(slug: "shop", repository: "/repo", branch: "main"))
    for slug in ["main", "shop", "shop"] {
      var row = Deployment(
        project: slug, state: .queued, trigger: "push", actor: "alice", ref: "main", commit: nil)
      row.delivery = "of \(slug)"
      _ = try history.insert(row)
    }
    #expect(try history.deployments(ofProject: "shop") == [2, 3])
    try history.remove(project: "shop")
    #expect(try history.deployments(ofProject: "shop").isEmpty)
    #expect(try history.page().items.map(\.id) == [1])
    #expect(history.deployment(ofDelivery: "of shop", project: "shop") == nil)
    #expect(history.deployment(ofDelivery: "of main", project: "main") == 1)
  }
}
