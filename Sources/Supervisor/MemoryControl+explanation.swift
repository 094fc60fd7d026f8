import Linux

extension MemoryControl {
  /// The sentence for an exit 137 that was the kernel's doing.
  package var explanation: String {
    let bound = limit.map { "its limit of \(describe(bytes: $0))" } ?? "its limit"
    return
      "the container ran out of memory: it reached \(bound) and the kernel killed a process of it; "
      + "give the container more (docker run --memory) or let the app use less"
  }
}
