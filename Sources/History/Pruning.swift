/// To look for what is too much at every insert would cost more than the insert.
struct Pruning {
  private var inserts = 0

  private static let interval = 64

  /// At the first insert, and at every 64th from then on.
  mutating func isDue() -> Bool {
    defer { inserts = (inserts + 1) % Self.interval }
    return inserts == 0
  }
}
