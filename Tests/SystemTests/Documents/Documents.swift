import Foundation
import Testing

/// What the documents say is so.
struct Documents {
  @Test func `every block of commands says where it is run, or why nobody runs it here`() throws {
    for fence in try Fence.documents.flatMap({ try Fence.fences(in: $0) }) {
      #expect(!fence.language.isEmpty, "\(fence) names no language")
      guard fence.isShell else { continue }
      #expect(fence.place != nil, "\(fence) does not say where it is run")
      if fence.place == .byHand { #expect(!fence.reason.isEmpty, "\(fence) does not say why nobody runs it") }
    }
  }

  @Test func `every command that a document names exists`() async throws {
    try await Workspace.with { workspace in
      let usage = try await workspace.run([Toolbox.bascule, "help"])
      let console = try await workspace.run([Toolbox.checkout + "/console", "help"])
      for document in Fence.documents {
        let text = try String(contentsOfFile: "\(Toolbox.checkout)/\(document)", encoding: .utf8)
        for named in text.matches(of: /`bascule ([a-z]+)/) where named.1 != "run" {
          #expect(usage.contains("\n  \(named.1)"), "\(document) names `bascule \(named.1)`")
        }
        for named in text.matches(of: /`\.\/console ([a-z]+)/) where named.1 != "help" {
          #expect(
            console.contains(try Regex("[ |]\(named.1)\\b")), "\(document) names `./console \(named.1)`")
        }
      }
    }
  }

  @Test func `every link within the repository leads somewhere`() throws {
    for document in Fence.documents {
      let text = try String(contentsOfFile: "\(Toolbox.checkout)/\(document)", encoding: .utf8)
      let folder = URL(filePath: "\(Toolbox.checkout)/\(document)").deletingLastPathComponent().path
      for link in text.matches(of: /\]\(([^)#:]+)\)/) {
        #expect(
          FileManager.default.fileExists(atPath: "\(folder)/\(link.1)"), "\(document) links to \(link.1)")
      }
    }
  }
}
