import Glibc
import Synchronization

/// Clients at full speed, who check each answer whole.
final class Load: Sendable {
  struct Problem: Sendable, CustomStringConvertible {
    let at: ContinuousClock.Instant
    let what: String

    var description: String { what }
  }

  struct Report: Sendable {
    var responses = 0
    var connections = 0
    var releases: [String: Int] = [:]
    var problems: [Problem] = []
    /// The longest that an answer took.
    var slowest = Duration.zero

    /// From the first problem to the last.
    var troubledFor: Duration {
      guard let first = problems.map(\.at).min(), let last = problems.map(\.at).max() else { return .zero }
      return last - first
    }
  }

  enum Mix: Sendable { case everything, plainGET }

  private struct State {
    var isOver = false
    /// What must answer, when no switch is under way; and how often that has changed.
    var expected: String?
    var epoch = 0
    var running = 0
    var report = Report()
  }

  private let state = Mutex(State())
  private let port: Int
  private let mix: Mix
  private let pause: UInt32

  /// `pause`: of each client between two rounds, in microseconds.
  init(port: Int, clients: Int, mix: Mix = .everything, pause: UInt32 = 0) {
    self.port = port
    self.mix = mix
    self.pause = pause
    state.withLock { $0.running = clients }
    for number in 0..<clients {
      startThread { [self] in
        run(number)
        state.withLock { $0.running -= 1 }
      }
    }
  }

  var responses: Int { state.withLock { $0.report.responses } }
  var problems: [Problem] { state.withLock { $0.report.problems } }

  /// From now on any other answer is wrong; nil while it may be this one or that.
  func expect(_ release: String?) {
    state.withLock { state in
      state.expected = release
      state.epoch += 1
    }
  }

  func end() async throws -> Report {
    state.withLock { $0.isOver = true }
    try await eventually("all clients have ended") { state.withLock { $0.running == 0 } }
    return state.withLock { $0.report }
  }

  // MARK: A client

  private func run(_ client: Int) {
    var random = Random(seed: UInt64(client + 1))
    var stream: ByteStream?
    var round = 0
    while !state.withLock({ $0.isOver }) {
      round += 1
      do {
        let used = try stream ?? connect()
        stream = try self.round("\(client)-\(round)", on: used, &random) ? used : nil
      } catch {
        note("client \(client), round \(round): \(error)")
        stream = nil
        usleep(1000)
      }
      if pause > 0 { usleep(pause) }
    }
  }

  private func connect() throws -> ByteStream {
    let stream = try rawClient(port: port)
    state.withLock { $0.report.connections += 1 }
    return stream
  }

  private func note(_ problem: String) {
    state.withLock { $0.report.problems.append(Problem(at: .now, what: problem)) }
  }

  /// Whether the connection stays.
  private func round(_ id: String, on stream: ByteStream, _ random: inout Random) throws -> Bool {
    let before = state.withLock { ($0.epoch, $0.expected) }
    let requests = (0..<(mix == .everything && random.below(8) == 0 ? 4 : 1)).map { part in
      LoadRequest("\(id)-\(part)", random.below(mix == .everything ? 4 : 1), random.below(20_000))
    }
    let start = ContinuousClock.now
    try stream.send(requests.dropFirst().reduce(into: requests[0].bytes) { $0 += $1.bytes })
    var stays = true
    for (index, request) in requests.enumerated() {
      let response = try LoadResponse(from: stream)
      let took = ContinuousClock.now - start
      let after = state.withLock { state in
        state.report.responses += 1
        state.report.releases[response.release, default: 0] += 1
        state.report.slowest = max(state.report.slowest, took)
        return (state.epoch, state.expected)
      }
      if let problem = response.problem(as: request) { note("\(request.id): \(problem)") }
      if let expected = before.1, before.0 == after.0, response.release != expected {
        note("\(request.id): release \(response.release) answered instead of \(expected)")
      }
      stays = !response.closes
      // What was sent behind an answer that closes is not answered, and the client may not count on it.
      if !stays, index + 1 < requests.count { break }
    }
    return stays
  }
}
