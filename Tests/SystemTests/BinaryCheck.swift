import Foundation
import Testing

/// Tests/Support/check-binary says that Foundation is not in the release; here it shows that it would notice.
@Suite(.fewAtATime)
struct BinaryCheck {
  @Test func `the release binary is small and free of Foundation`() async throws {
    try await Workspace.with { workspace in
      let finished = try await workspace.attempt([Toolbox.support + "/check-binary", Toolbox.bascule])
      #expect(finished.code == 0, "\(finished)")
    }
  }

  @Test(arguments: [
    ("import Foundation\nprint(String(format: \"%d\", 1))", ["-static-stdlib"]),
    ("import FoundationEssentials\nprint(Date())", ["-static-stdlib"]),
    ("print(1)", []),
  ])
  func `a binary with Foundation in it, or linked to more than the system, is refused`(
    source: String, options: [String]
  ) async throws {
    try await Workspace.with { workspace in
      let swiftc = try #require(
        ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":")
          .map { "\($0)/swiftc" }.first { FileManager.default.isExecutableFile(atPath: $0) })
      let file = try workspace.write(source, to: "main.swift")
      let binary = workspace.path + "/program"
      try await workspace.run([swiftc, file, "-o", binary] + options)
      let finished = try await workspace.attempt([Toolbox.support + "/check-binary", binary])
      #expect(finished.code == 1, "\(finished)")
      #expect(finished.errors.contains("Foundation") || finished.errors.contains("static"))
    }
  }
}
