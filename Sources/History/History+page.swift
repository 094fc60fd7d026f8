import SQLite

/// Which deployments a page shows.
package struct DeploymentFilter: Sendable, Equatable {
  /// nil: of every project.
  package var projects: [String]?
  package var state: DeploymentState?
  /// Those with a smaller number.
  package var before: Int64?
  package var limit = 50

  package init() {}
}

package struct DeploymentPage: Sendable, Equatable {
  package let items: [Deployment]
  /// What `before` of the next page is; nil on the last one.
  package let next: Int64?
}

extension History {
  /// Newest first.
  package func page(_ filter: DeploymentFilter) throws(HistoryError) -> DeploymentPage {
    var conditions = ["id < ?"]
    var values: [SQLiteValue] = [.integer(filter.before ?? .max)]
    if let projects = filter.projects {
      conditions.append("project IN (\(projects.map { _ in "?" }.joined(separator: ", ")))")
      values += projects.map { .text($0) }
    }
    if let state = filter.state {
      conditions.append("state = ?")
      values.append(.text(state.rawValue))
    }
    // One more tells whether there is another page.
    values.append(.integer(Int64(filter.limit) + 1))
    let rows = try select("WHERE \(conditions.joined(separator: " AND ")) ORDER BY id DESC LIMIT ?", values)
    let items = Array(rows.prefix(filter.limit))
    return DeploymentPage(items: items, next: rows.count > items.count ? items.last?.id : nil)
  }
}
