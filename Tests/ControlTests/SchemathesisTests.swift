import Foundation
import TestSupport
import Testing

@testable import Control

/// A stranger reads the document and tries everything that it says, and much that it does not.
@Suite(.timeLimit(.minutes(5)))
struct SchemathesisTests {
  @Test func `schemathesis finds nothing`() async throws {
    try await ApiServer.with { api in
      await MainLoopThread.run { api.manager.isQuick = true }
      let (status, output) = try await run(api.port)
      #expect(status == 0, "\(output)")
    }
  }

  private func run(_ port: UInt16) async throws -> (Int32, String) {
    let folder = try TemporaryFolder()
    let log = try folder.write("output", "")
    let process = Process()
    process.executableURL = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Support/schemathesis/run")
    process.arguments = ["http://127.0.0.1:\(port)"]
    process.environment = ProcessInfo.processInfo.environment.merging(["BASCULE_TOKEN": "admin"]) { $1 }
    let output = try FileHandle(forWritingTo: URL(filePath: log))
    process.standardOutput = output
    process.standardError = output
    let status = try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    return (status, try String(contentsOfFile: log, encoding: .utf8))
  }
}
