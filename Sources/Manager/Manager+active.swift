import History

extension Manager {
  /// What runs and what waits, of every project, in the order in which it will run.
  package var active: [Deployment] { all.flatMap(\.underWay) + waiting }

  /// Those whose project stands in line come first; the others' projects are still at work.
  var waiting: [Deployment] {
    let line = workshop.schedule.waiting
    let inLine = line.compactMap { slug in all.first { $0.slug == slug }?.queue.waiting }
    let others = all.filter { !line.contains($0.slug) }.compactMap(\.queue.waiting).sorted { $0.id < $1.id }
    return inLine + others
  }
}
