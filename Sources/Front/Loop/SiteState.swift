/// What one loop knows of one site.
struct SiteState {
  enum Mode: UInt8 { case refusing, holding, serving }

  let number: Int
  var mode = Mode.refusing
  var live: BackendRef?
  var fallback: BackendRef?
  /// The page of a maintenance, ready to be sent.
  var maintenance = Buffer()
  var parked = LinkedList<Client>()
  var hosts: [HostPattern] = []
  /// By first digit of the status.
  var responses: [6 of Int] = .init(repeating: 0)

  init(_ number: Int) { self.number = number }

  mutating func count(_ status: UInt16) {
    let digit = Int(status / 100)
    if digit < 6 { responses[digit] &+= 1 }
  }
}
