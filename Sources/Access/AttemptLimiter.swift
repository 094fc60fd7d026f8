import Linux

/// Lets an address fail ten times, then once each six seconds. Whoever is over is told to wait, and
/// does not prolong the wait by asking again. Addresses do not weigh on each other.
@MainLoop
package final class AttemptLimiter {
  private let now: @MainLoop () -> ContinuousClock.Instant
  /// When each will have been forgiven everything: of those that have, nothing is kept.
  private var forgiven: [AddressKey: ContinuousClock.Instant] = [:]

  private static let burst = 10
  private static let pace = Duration.seconds(6)
  private let limit: Int

  package init(limit: Int = 10_000, now: @escaping @MainLoop () -> ContinuousClock.Instant = { .now }) {
    self.limit = limit
    self.now = now
  }

  package var count: Int { forgiven.count }

  /// How long the address must wait; nil when it may try.
  package func wait(for address: String) -> Duration? {
    guard !forgiven.isEmpty, let end = forgiven[AddressKey(address)] else { return nil }
    let wait = now().duration(to: end) + Self.pace - Self.pace * Self.burst
    return wait > .zero ? wait : nil
  }

  package func countFailure(of address: String) {
    let now = now()
    let key = AddressKey(address)
    if forgiven[key] == nil { makeRoom(now) }
    forgiven[key] = max(forgiven[key] ?? now, now) + Self.pace
  }

  /// A tenth at once, so that a flood of addresses does not search all of them each time. Whoever has that many has
  /// ten tries with each anyway.
  private func makeRoom(_ now: ContinuousClock.Instant) {
    guard forgiven.count >= limit else { return }
    forgiven = forgiven.filter { $0.value > now }
    guard forgiven.count >= limit else { return }
    let next = forgiven.sorted { $0.value < $1.value }.prefix(limit / 10 + 1)
    for (key, _) in next { forgiven[key] = nil }
  }
}
