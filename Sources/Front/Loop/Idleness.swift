/// Which idle connections to an app a request that must not be sent twice may use. All in milliseconds.
///
/// An app may close an idle connection at any moment, and what is on its way then is lost. So one is used only
/// after half of what the app has been seen to bear, and none before it has been seen to bear any.
struct Idleness {
  /// The longest that one was seen to live, and the shortest after which one was closed.
  private var borne: Int64 = 0
  private var shortest: Int64 = 500

  var isProven: Bool { borne >= 500 }

  mutating func noteLife(of age: Int64) { borne = max(borne, age) }

  mutating func noteEnd(after age: Int64) { shortest = min(shortest, age) }

  func allows(_ age: Int64) -> Bool {
    let known = min(borne, shortest)
    // An app that closes them sooner means to keep none, and is only slow about it.
    return known >= 100 && 2 * age + 2 <= known
  }
}
