import Foundation
import Testing

/// `.env.example` is the one list of settings: for people, and for the console, which hands them to a container.
@Suite struct EnvExample {
  @Test func `it explains each setting that Bascule reads, and names no other`() throws {
    let text = try String(contentsOfFile: Toolbox.checkout + "/.env.example", encoding: .utf8)
    let listed = Set(
      text.matches(of: #/^#?([A-Z][A-Z0-9_]*)=/#.anchorsMatchLineEndings()).map { String($0.output.1) })
    let mentioned = Set(text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
    let read = try settingsInSources()
    #expect(read.count > 40)
    #expect(read.subtracting(mentioned).isEmpty, "missing in .env.example")
    #expect(listed.subtracting(read).filter { !$0.hasPrefix("BASCULE_") }.isEmpty, "nobody reads these")
    let console = try String(contentsOfFile: Toolbox.checkout + "/console", encoding: .utf8)
    for name in listed where name.hasPrefix("BASCULE_") { #expect(console.contains(name)) }
  }

  @Test func `README's table has the same names`() throws {
    let text = try String(contentsOfFile: Toolbox.checkout + "/README.md", encoding: .utf8)
    let missing = try settingsInSources().filter { !text.contains("`\($0)`") }
    #expect(missing.subtracting(["WEBHOOK_PORT"]).isEmpty)
  }

  /// The names that the reader of settings is asked for.
  private func settingsInSources() throws -> Set<String> {
    let folder = Toolbox.checkout + "/Sources/Settings"
    let call =
      #/(?:value|secret|secretAddress|read|port|count|duration|command|route|folder)\(\s*"([A-Z][A-Z0-9_]+)"/#
    var names: Set<String> = []
    for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let source = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
      for match in source.matches(of: call) { names.insert(String(match.output.1)) }
    }
    return names
  }
}
