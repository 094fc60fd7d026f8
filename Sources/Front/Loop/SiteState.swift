/// What one loop knows of one site.
struct SiteState {
  enum Mode: UInt8 { case refusing, holding, serving }

  var mode = Mode.refusing
  var live: BackendRef?
  var fallback: BackendRef?
  /// The page of a maintenance, ready to be sent.
  var maintenance = Buffer()
  var parked = LinkedList<Client>()
}
