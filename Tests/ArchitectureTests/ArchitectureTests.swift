import Testing

@Suite struct ArchitectureTests {
  @Test func `every file keeps to the directions`() throws {
    let sources = try Repository.sources()
    #expect(sources.count > 50)
    for file in sources {
      for violation in Rules.violations(in: file) { Issue.record("\(violation)") }
    }
  }

  @Test func `the table has a line for each module, and for nothing else`() throws {
    #expect(Set(Directions.allowed.keys) == (try Repository.modules()))
    #expect(Directions.layers.joined().sorted() == Directions.allowed.keys.sorted())
  }

  @Test func `the table itself points down`() {
    let heights = Dictionary(
      uniqueKeysWithValues: Directions.layers.enumerated().flatMap { height, layer in
        layer.map { ($0, height) }
      })
    for (module, imports) in Directions.allowed {
      for lower in imports {
        #expect((heights[lower] ?? .max) < (heights[module] ?? .min), "\(module) imports \(lower)")
      }
    }
  }
}

/// A check that cannot fail is none: each rule is shown a file that breaks it.
@Suite struct RuleTests {
  private func violations(_ text: String, in path: String = "Sources/Releases/Bad.swift") -> [String] {
    Rules.violations(in: SourceFile(path: path, text: text))
  }

  @Test(arguments: [
    "import Manager", "import Supervisor", "import Server", "import History", "import CLinux",
    "import Foundation",
    "import FoundationEssentials", "@preconcurrency import Manager", "package import Manager",
    "@_exported public import Manager", "import struct Manager.Project", "  import  Manager",
    "import Linux; import Manager",
    "import Glibc\n// a comment\nimport Manager", "import Dispatch", "#if os(Linux)\nimport Manager\n#endif",
  ])
  func `an import against the directions is found`(text: String) {
    #expect(violations(text).count == 1)
  }

  @Test func `what the table allows is no violation`() {
    #expect(
      violations("import Glibc\nimport JSON\nimport Linux\n\nstruct Importer { let important = true }") == [])
    #expect(violations("// import Manager\n/* import Manager\nimport Manager */\nlet a = \"\nimport\"") == [])
    #expect(violations("let text = \"\"\"\n  import Manager\n  \"\"\"") == [])
  }

  @Test(arguments: ["Sources/Dashboard/Page.swift", "elsewhere/main.swift"])
  func `a module without a line in the table is found`(path: String) {
    #expect(violations("", in: path).count == 1)
  }

  @Test func `a second reaper is found`() {
    let text = "func reap() { _ = waitpid(-1, nil, 0) }"
    #expect(violations(text).count == 1)
    #expect(violations(text, in: "entrypoint/main.swift").count == 1)
    #expect(violations(text, in: "Sources/Supervisor/Reaper.swift") == [])
  }

  @Test func `a second reader of the environment is found`() {
    for text in ["let home = getenv(\"HOME\")", "let all = Glibc.environ", "setenv(\"A\", \"1\", 1)"] {
      #expect(violations(text).count == 1)
      #expect(violations(text, in: "Sources/Settings/Reader.swift") == [])
    }
    #expect(violations("let environment = 1 // environ") == [])
  }

  @Test func `a reference that ends the process when it is wrong is found`() {
    #expect(violations("unowned let manager: Manager").count == 1)
    #expect(violations("let body = { [unowned self] in run() }").count == 1)
    #expect(violations("var unownedExecutor: UnownedSerialExecutor { main }") == [])
  }

  @Test func `a file that grew too long is found`() {
    #expect(violations(String(repeating: "\n", count: 400)) == [])
    #expect(violations(String(repeating: "\n", count: 401)).count == 1)
  }
}
