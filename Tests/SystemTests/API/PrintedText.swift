import Foundation
import Testing

/// What a build may print, and what is left of it.
@Suite(.fewAtATime)
struct PrintedText {
  private static let script = #"""
    const out = (bytes) => require("fs").writeSync(1, Buffer.from(bytes, "latin1"));
    out("\x1b[32mgreen\x1b[0m stays\n");
    out("\x1b[2Jcleared\x1b[H\x1b]0;a title\x07 and \x1b]8;;http://evil\x1b\\linked\n");
    out("10 %\r20 %\r100 %\n");
    out("a\x00b\x08c\x7fd\x9be\tf\n");
    out("\xff\xfe broken \xe2\x82\n");
    out("x".repeat(3000000) + "\n");
    out("\u0022quoted\u0022 and \\back\\ and </script>\n");
    require("fs").writeSync(1, "\u2028 \u202e \u{1f680} \u00e9\n");
    out("without an end");
    """#

  @Test func `colours stay, and nothing else that moves a terminal`() async throws {
    try await withLiveApp { manager, repository in
      let token = try await manager.admin()
      try repository.write("print.js", Data(Self.script.utf8))
      try await repository.commit("2", build: "bun print.js")
      let queued = try await manager.bascule("deploy", "--background", "--json", exits: 0)
      let id = try #require(try JSON(parsing: queued.output)["deployment"].int)
      #expect(try await manager.outcome(of: id, token) == "success")
      let lines = try await manager.events(id, token).filter { $0["step"].string == "build" }
        .compactMap { $0["type"].string == "log" ? $0["message"].string : nil }
      #expect(lines.contains("\u{1b}[32mgreen\u{1b}[0m stays"), "\(lines.map { $0.prefix(100) })")
      for line in lines {
        let bare = line.replacing(/\u{1b}\[[0-9;:]*m/, with: "")
        let controls = bare.unicodeScalars.filter {
          $0 != "\t" && ($0.properties.generalCategory == .control)
        }
        #expect(controls.isEmpty, "\(bare.prefix(200).debugDescription)")
        #expect(line.utf8.count < 1 << 20)
      }
      for text in ["100 %", "\"quoted\" and \\back\\ and </script>", "without an end"] {
        #expect(lines.contains { $0.hasSuffix(text) }, "\(text): \(lines.map { $0.prefix(100) })")
      }
      #expect(lines.contains { $0.contains("\u{1f680} é") })
      #expect(lines.reduce(0) { $0 + $1.count { $0 == "x" } } >= 60_000)
      // The container's log is for a terminal too.
      #expect(!manager.log.contains("\u{7}") && !manager.log.contains("\u{1b}[2J"))
      let shown = try await manager.bascule("logs", "\(id)", exits: 0).output
      #expect(!shown.contains("\u{1b}") && shown.contains("green stays"))
      let download = try await manager.api("/api/deployments/\(id)/log", token: token)
      #expect(download.headers["content-disposition"]?.contains("deployment-\(id).log") == true)
      #expect(!download.text.contains("\u{7}"))
    }
  }
}
