/// Which deployments are asked for; nil is all.
package struct DeploymentFilter: Sendable {
  package var project: String?
  /// Those that the caller may see.
  package var projects: [String]?
  package var state: DeploymentState?
  /// Older than the one of this number.
  package var before: Int64?
  /// 1 to 200; what is beyond is cut.
  package var limit = 50

  package init(
    project: String? = nil, projects: [String]? = nil, state: DeploymentState? = nil, before: Int64? = nil,
    limit: Int = 50
  ) {
    self.project = project
    self.projects = projects
    self.state = state
    self.before = before
    self.limit = limit
  }
}

/// A piece of a list, newest first.
package struct Page<Item: Sendable>: Sendable {
  package let items: [Item]
  /// What `before` has to be for those that follow; nil where none do.
  package let next: Int64?

  static func size(_ limit: Int) -> Int { min(max(limit, 1), 200) }

  /// `found`: one more than are wanted, if there are as many.
  init(_ found: [Item], limit: Int, id: (Item) -> Int64) {
    let size = Self.size(limit)
    items = Array(found.prefix(size))
    next = found.count > size ? items.last.map(id) : nil
  }
}
