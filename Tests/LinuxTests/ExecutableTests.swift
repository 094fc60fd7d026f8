import Linux
import TestSupport
import Testing

@Suite struct ExecutableTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("first/tool", "", mode: 0o644)
    try folder.write("second/tool", "", mode: 0o755)
    try folder.write("third/tool", "", mode: 0o755)
    try folder.write("third/tool2/inside", "")
  }

  private var path: String {
    ["nowhere", "first", "second", "third"].map(folder.path).joined(separator: ":")
  }

  @Test func `the first that can be run is taken`() throws {
    #expect(try Executable.find("tool", path: path) == folder.path("second/tool"))
    #expect(try Executable.find("sh", path: nil).hasSuffix("/bin/sh"))
  }

  @Test func `a file that cannot be run is told from none`() {
    #expect(throws: Executable.Failure.notExecutable(folder.path("first/tool"))) {
      try Executable.find("tool", path: folder.path("first"))
    }
    #expect(throws: Executable.Failure.notFound("tool")) {
      try Executable.find("tool", path: folder.path("nowhere"))
    }
    #expect(throws: Executable.Failure.notFound("tool2")) { try Executable.find("tool2", path: path) }
    #expect(throws: Executable.Failure.notFound("")) { try Executable.find("", path: path) }
  }

  @Test func `a name with a slash is not searched for`() throws {
    let file = folder.path("second/tool")
    #expect(try Executable.find(file, path: nil) == file)
    #expect(throws: Executable.Failure.notFound("./nowhere/tool")) {
      try Executable.find("./nowhere/tool", path: path)
    }
    #expect(throws: Executable.Failure.notExecutable(folder.path("first/tool"))) {
      try Executable.find(folder.path("first/tool"), path: path)
    }
    #expect(throws: Executable.Failure.notExecutable(folder.path)) {
      try Executable.find(folder.path, path: path)
    }
  }
}
