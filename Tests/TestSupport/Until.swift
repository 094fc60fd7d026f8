import Linux

extension MainLoop {
  /// Throws once the test's own time is over: a sleep of a canceled task is none, and all tests share this loop.
  @MainLoop
  package static func until(_ claim: () throws -> Bool) async throws {
    while try !claim() {
      await sleep(for: .milliseconds(1))
      try Task.checkCancellation()
    }
  }

  /// Returns when what was to be done at the end of this turn is done.
  @MainLoop
  package static func endOfTurn() async {
    await withCheckedContinuation { done in EventLoop.main.atEndOfTurn { done.resume() } }
  }
}
