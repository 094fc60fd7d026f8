import Foundation
import Linux
import TestSupport
import Testing

/// The short form of Tests/Fuzzing/run: what the fuzzers start from, and the same changes of it each time.
@Suite struct CorpusTests {
  private static let corpus =
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path + "/Fuzzing/corpus"
  private static let mutations =
    ProcessInfo.processInfo.environment["BASCULE_MUTATIONS"].flatMap(Int.init) ?? 2000

  init() { MainLoopThread.start() }

  private func seeds(of target: FuzzTarget) throws -> [[UInt8]] {
    let folder = "\(Self.corpus)/\(target.rawValue)"
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
      Array(try #require(FileManager.default.contents(atPath: "\(folder)/\(name)")))
    }
  }

  @Test(arguments: FuzzTarget.allCases)
  func `what the fuzzer starts from holds, also changed in thousands of ways`(target: FuzzTarget) async throws
  {
    let seeds = try seeds(of: target)
    #expect(seeds.count >= 4)
    for seed in seeds {
      if let violation = await violation(target, seed) { Issue.record("\(violation): \(text(seed))") }
    }
    var dice = Dice(seed: 1)
    for _ in 0..<Self.mutations {
      let input = mutated(seeds, &dice)
      guard let violation = await violation(target, input) else { continue }
      Issue.record("\(violation): \(Data(input).base64EncodedString()) \(text(input))")
      return
    }
  }

  /// Only logs are read on the main loop, which other tests need as well.
  private func violation(_ target: FuzzTarget, _ bytes: [UInt8]) async -> String? {
    target == .log ? await onMainLoop(target, bytes) : target.violation(bytes)
  }

  @MainLoop private func onMainLoop(_ target: FuzzTarget, _ bytes: [UInt8]) -> String? {
    target.violation(bytes)
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self).debugDescription }

  private func mutated(_ seeds: [[UInt8]], _ dice: inout Dice) -> [UInt8] {
    var bytes = seeds.randomElement(using: &dice) ?? []
    for _ in 0..<Int.random(in: 1...5, using: &dice) {
      let place = Int.random(in: 0...bytes.count, using: &dice)
      let byte =
        [UInt8.random(in: 0...255, using: &dice)] + Array("\"\\{}[]:,.%&=;-/@ \r\n\u{1b}\u{0}09aA".utf8)
      switch Int.random(in: 0..<6, using: &dice) {
      case 0 where place < bytes.count: bytes[place] = byte.randomElement(using: &dice) ?? 0
      case 1 where place < bytes.count: bytes.remove(at: place)
      case 2: bytes.removeLast(bytes.count - place)
      case 3:
        let other = seeds.randomElement(using: &dice) ?? []
        bytes.insert(contentsOf: other.dropFirst(place).prefix(20), at: place)
      case 4 where place < bytes.count: bytes.insert(contentsOf: bytes[place...].prefix(8), at: place)
      default: bytes.insert(byte.randomElement(using: &dice) ?? 0, at: place)
      }
    }
    return bytes
  }
}
