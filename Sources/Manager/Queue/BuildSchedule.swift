import Linux

/// Lets projects build in turn, PARALLEL_BUILDS at once.
@MainLoop
final class BuildSchedule {
  /// Returns false where there is nothing to do after all.
  typealias Begin = @MainLoop () -> Bool

  private var line: BuildLine
  private var begins: [String: Begin] = [:]
  private let limit: Int
  /// How many deployments wait in all, of projects that build as well.
  var countWaiting: @MainLoop () -> Int = { 0 }

  init(parallel: Int, limit: Int) {
    line = BuildLine(parallel: parallel)
    self.limit = limit
  }

  /// Called before a build begins: what is done for the next one in advance has to make room.
  var willBegin: @MainLoop () -> Void = {}

  var isIdle: Bool { line.building.isEmpty && line.waiting.isEmpty }

  /// Nobody may begin to wait any more.
  var isFull: Bool { countWaiting() >= limit }

  /// Slugs, the next one first.
  var waiting: [String] { line.waiting }

  func join(_ slug: String, _ begin: @escaping Begin) {
    begins[slug] = begin
    line.join(slug)
    advance()
  }

  func leave(_ slug: String) {
    begins[slug] = nil
    line.leave(slug)
  }

  /// Its build is over: what is left of its deployment keeps nobody waiting.
  func finish(_ slug: String) {
    line.finish(slug)
    advance()
  }

  private func advance() {
    while let slug = line.next() {
      willBegin()
      if begins.removeValue(forKey: slug)?() != true { line.finish(slug) }
    }
  }
}
