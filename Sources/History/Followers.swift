import Linux

/// Who wants to hear that a stream has grown. A few hear of it at once; where there are many a moment passes
/// between two rounds, in which all that is added costs each of them one look.
@MainLoop
final class Followers {
  private var bodies: [Int: @MainLoop () -> Void] = [:]
  private var lastNumber = 0
  private var toldSize: Int64 = -1
  private var toldAt: ContinuousClock.Instant?
  private var isTimed = false

  private static let few = 50
  private static let pause = Duration.milliseconds(25)

  var isEmpty: Bool { bodies.isEmpty }

  func add(_ body: @escaping @MainLoop () -> Void) -> Int {
    lastNumber += 1
    bodies[lastNumber] = body
    return lastNumber
  }

  func remove(_ number: Int) { bodies[number] = nil }

  func tell(_ size: Int64) {
    guard size != toldSize, !bodies.isEmpty, !isTimed else { return }
    let next = toldAt.map { $0 + Self.pause } ?? .now
    let now = ContinuousClock.Instant.now
    if bodies.count <= Self.few || next <= now {
      toldSize = size
      return tellAll(at: now)
    }
    isTimed = true
    EventLoop.main.after(next - now) { [weak self] in
      guard let self, isTimed else { return }
      isTimed = false
      tellAll(at: .now)
    }
  }

  func finish() {
    isTimed = false
    tellAll(at: .now)
  }

  private func tellAll(at now: ContinuousClock.Instant) {
    toldAt = now
    for body in bodies.values { body() }
  }
}
