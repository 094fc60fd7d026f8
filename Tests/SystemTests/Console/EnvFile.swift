import Foundation
import Testing

/// `.env` as Compose reads it. Expected is what its documentation says of each line, or what its own parser does.
@Suite(.fewAtATime)
struct EnvFile {
  static let table: [(line: String, value: String)] = [
    ("A=VAL", "VAL"), (#"A="VAL""#, "VAL"), ("A='VAL'", "VAL"), ("A: VAL", "VAL"), ("A = VAL  ", "VAL"),
    ("export A=VAL", "VAL"), ("  export\tA=VAL", "VAL"), ("A=", ""), ("A=VAL\r", "VAL"), ("A=a=b==", "a=b=="),
    // Comments
    ("A=VAL # comment", "VAL"), ("A=VAL# not a comment", "VAL# not a comment"), ("A=#x", "#x"),
    ("A= # c", ""),
    (#"A="VAL # not a comment""#, "VAL # not a comment"), (#"A="VAL" # comment"#, "VAL"),
    ("A='VAL # no' # it's one", "VAL # no"), (#"A=a "b" 'c'"#, #"a "b" 'c'"#),
    // Literal
    ("A='$GIVEN'", "$GIVEN"), ("A='${GIVEN}'", "${GIVEN}"), (#"A='Let\'s go!'"#, "Let's go!"),
    (#"A='some\tvalue'"#, #"some\tvalue"#), (#"A=some\tvalue"#, #"some\tvalue"#),
    ("A='SOME\nVALUE'", "SOME\nVALUE"),
    (#"A='C:\new'"#, #"C:\new"#), (#"A='a\\'"#, #"a\\"#),
    // Escapes
    (#"A="{\"hello\": \"json\"}""#, #"{"hello": "json"}"#), (#"A="some\tvalue""#, "some\tvalue"),
    (#"A="a\nb\r\\n""#, "a\nb\r\\n"), (#"A="\$GIVEN \q \0101""#, #"$GIVEN \q A"#),
    ("A=\"first\nsecond\"", "first\nsecond"),
    // Interpolation
    ("A=$GIVEN", "given"), ("A=${GIVEN}s", "givens"), (#"A="<$GIVEN>""#, "<given>"),
    ("A=$EARLIER.", "earlier."),
    ("A=${NONE:-default}", "default"), ("A=${NONE-default}", "default"), ("A=${EMPTY:-default}", "default"),
    ("A=${EMPTY-default}", ""), ("A=${GIVEN:-default}", "given"), ("A=${GIVEN:+other}", "other"),
    ("A=${NONE:+other}", ""), ("A=${EMPTY+other}", "other"), ("A=${GIVEN:?needed}", "given"),
    ("A=${NONE:-${GIVEN}}", "given"), ("A=${NONE:-${EMPTY:-$EARLIER}}!", "earlier!"),
    (#"A="${NONE:-a\tb}""#, "a\tb"),
    ("A=$$GIVEN", "$GIVEN"), ("A=costs 5$ or $1", "costs 5$ or $1"), ("A=$NONE", ""),
    ("A=~/x `id` $(id) *", "~/x `id` $(id) *"),
    // The environment wins
    ("A=1\nA=2", "2"), ("GIVEN=other\nA=$GIVEN", "given"),
  ]

  @Test(arguments: table) func `a line is read as Compose reads it`(line: String, value: String) async throws
  {
    try await StandIn.with { machine in
      try machine.checkout.write("# A comment\n\nEARLIER=earlier\n\(line)\nLAST=last", to: ".env")
      let started = try await machine.start(with: ["GIVEN": "given", "EMPTY": ""])
      #expect(started.code == 0, "\(line): \(started)")
      #expect(machine.settings["A"] == value, "\(line)")
      #expect(machine.settings["LAST"] == "last", "\(line)")
      #expect(machine.settings["GIVEN"] == (line.contains("GIVEN=") ? "given" : nil), "\(line)")
    }
  }

  @Test func `a mark that an editor puts before the first line is passed over`() async throws {
    try await StandIn.with { machine in
      try machine.checkout.write("\u{feff}A=VAL\n", to: ".env")
      #expect(try await machine.start().code == 0)
      #expect(machine.settings["A"] == "VAL")
    }
  }

  @Test(arguments: [
    ("A=\"never\nclosed", "line 2"), ("A='never closed", "line 2"), ("two words=1", "line 2"),
    ("1A=1", "line 2"),
    ("A=${NONE:?say which}", "say which"), ("A=${GIVEN", "closed"), ("A=${1}", "line 2"),
    (#"A="a" b"#, "line 2"),
    ("A=1\n\"", "line 3"), ("BASHOPTS=x", "BASHOPTS"),
  ])
  func `what is no line of it stops the start and names the line`(lines: String, said: String) async throws {
    try await StandIn.with { machine in
      try machine.checkout.write("# A comment\n\(lines)\n", to: ".env")
      let started = try await machine.start()
      #expect(started.code == 1, "\(started)")
      #expect(started.errors.contains(".env, ") && started.errors.contains(said), "\(started)")
      #expect(started.errors.split(separator: "\n").count == 1, "\(started)")
      #expect(machine.arguments.isEmpty)
    }
  }

  @Test func `a private key of many lines goes through, quoted either way`() async throws {
    try await StandIn.with { machine in
      let lines = (0..<50).map { _ in String((0..<70).map { _ in "abcXYZ019+/".randomElement() ?? "a" }) }
      let key = "-----BEGIN KEY-----\n" + lines.joined(separator: "\n") + "\n-----END KEY-----\n"
      let written = key.replacingOccurrences(of: "\n", with: "\\n")
      try machine.checkout.write("GIT_SSH_KEY=\"\(key)\"\nONE='\(key)'\nTWO=\"\(written)\"\n", to: ".env")
      let started = try await machine.start()
      #expect(started.code == 0, "\(started)")
      for name in ["GIT_SSH_KEY", "ONE", "TWO"] { #expect(machine.settings[name] == key, "\(name)") }
    }
  }

  @Test func `a variable that is not set is told, since a password may have a dollar sign in it`()
    async throws
  {
    try await StandIn.with { machine in
      try machine.checkout.write("ADMIN_PASSWORD=pa$word-1234\n", to: ".env")
      let started = try await machine.start()
      #expect(
        started.errors.contains(".env, line 1, ADMIN_PASSWORD: a variable in it is not set"), "\(started)")
      #expect(started.errors.contains("$$"), "\(started)")
      for part in ["1234", "word-", "pa$"] { #expect(!started.errors.contains(part)) }
    }
  }
}
