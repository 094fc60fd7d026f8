import Foundation

/// How many times as long as otherwise a program may take before it counts as hanging: one with a sanitizer is slow.
let slowness = Toolbox.limit("BASCULE_SLOWNESS", otherwise: 1)

/// Only what hangs takes longer.
let patience = Duration.seconds(90 * slowness)

/// What memory may grow to. AddressSanitizer keeps for a while what was freed, so there it has no bound, as
/// Tests/Support/sanitize says in the end.
func mostMemory(_ kilobytes: Int) -> Int {
  ProcessInfo.processInfo.environment["BASCULE_SANITIZER"] == "address" ? .max : kilobytes
}

struct TimedOut: Error, CustomStringConvertible {
  let description: String
}

@discardableResult
func eventually<Value>(
  _ claim: @autoclosure () -> String, within limit: Duration = patience,
  every interval: Duration = .milliseconds(20), _ attempt: () async throws -> Value?
) async throws -> Value {
  let deadline = ContinuousClock.now + limit
  while true {
    if let value = try await attempt() { return value }
    guard ContinuousClock.now < deadline else {
      throw TimedOut(description: "After \(limit) it is still not so that \(claim()).")
    }
    try await Task.sleep(for: interval)
  }
}

func eventually(
  _ claim: @autoclosure () -> String, within limit: Duration = patience,
  every interval: Duration = .milliseconds(20), _ attempt: () async throws -> Bool
) async throws {
  try await eventually(claim(), within: limit, every: interval) { try await attempt() ? true : nil }
}

/// Calls that block their thread do it on one that nobody else waits for.
func offThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
  }
}
