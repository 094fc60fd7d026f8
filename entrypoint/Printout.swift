/// Lines that are written together: a build may have a million of them, and each write costs more than all the rest
/// of a line. Whoever adds to it also flushes it, before anything is waited for.
struct Printout {
  private var waiting = ""

  private static let enough = 64 << 10

  mutating func print(_ line: String) {
    waiting += line
    waiting += "\n"
    if waiting.utf8.count >= Self.enough { flush() }
  }

  mutating func flush() {
    guard !waiting.isEmpty else { return }
    Terminal.write(waiting)
    waiting.removeAll(keepingCapacity: true)
  }
}
