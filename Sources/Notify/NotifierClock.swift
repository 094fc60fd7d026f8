import Linux

/// Time and chance, from outside, so that a test can make them up.
package struct NotifierClock {
  let now: @MainLoop () -> Timestamp
  let after: @MainLoop (Duration, @escaping @MainLoop () -> Void) -> Void
  /// 0 to 1.
  let jitter: @MainLoop () -> Double

  package init(
    now: @escaping @MainLoop () -> Timestamp,
    after: @escaping @MainLoop (Duration, @escaping @MainLoop () -> Void) -> Void,
    jitter: @escaping @MainLoop () -> Double
  ) {
    self.now = now
    self.after = after
    self.jitter = jitter
  }

  @MainLoop package static var real: NotifierClock {
    NotifierClock(
      now: { .now }, after: { EventLoop.main.after($0, $1) }, jitter: { Double.random(in: 0...1) })
  }
}
