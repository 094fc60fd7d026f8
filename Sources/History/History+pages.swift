import SQLite

extension History {
  /// Newest first. Every filter is served by an index, in the order in which it lies there.
  package func page(of filter: DeploymentFilter = DeploymentFilter()) throws(HistoryError) -> Page<Deployment>
  {
    let found = try candidates(filter)
    return Page(found, limit: filter.limit) { $0.id }
  }

  private func candidates(_ filter: DeploymentFilter) throws(HistoryError) -> [Deployment] {
    let count = Page<Deployment>.size(filter.limit) + 1
    if filter.projects == nil, filter.project == nil, filter.state == nil {
      return try select(
        "WHERE id < ? ORDER BY id DESC LIMIT ?", [before(filter), .integer(Int64(count))])
    }
    let projects = try projects(of: filter)
    if projects.count == 1, let project = projects.first {
      let (condition, values) = condition(filter, project, count)
      return try select(condition, values)
    }
    // One walk over all of them would pass by thousands of other people's.
    var ids: [Int64] = []
    for project in projects {
      let (condition, values) = condition(filter, project, count)
      ids += try read { () throws(SQLiteError) in
        try database.rows("SELECT id FROM deployments \(condition)", values) { $0.integer(0) ?? 0 }
      }
    }
    var found: [Deployment] = []
    for id in ids.sorted(by: >).prefix(count) { found += try select("WHERE id = ?", [.integer(id)]) }
    return found
  }

  private func condition(_ filter: DeploymentFilter, _ project: String, _ count: Int) -> (
    String, [SQLiteValue]
  ) {
    let state = filter.state.map { [SQLiteValue.text($0.rawValue)] } ?? []
    return (
      "WHERE project = ?\(state.isEmpty ? "" : " AND state = ?") AND id < ? ORDER BY id DESC LIMIT ?",
      [.text(project)] + state + [before(filter), .integer(Int64(count))]
    )
  }

  private func before(_ filter: DeploymentFilter) -> SQLiteValue { .integer(filter.before ?? .max) }

  private func projects(of filter: DeploymentFilter) throws(HistoryError) -> [String] {
    if let project = filter.project {
      return filter.projects.map { $0.contains(project) } ?? true ? [project] : []
    }
    if let projects = filter.projects { return Array(Set(projects)) }
    return try read { () throws(SQLiteError) in
      try database.rows("SELECT slug FROM projects") { $0.text(0) ?? "" }
    }
  }
}
