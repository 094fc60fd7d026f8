import History
import Linux
import TestSupport
import Testing

@testable import Manager

@Suite struct ProjectRulesTests {
  @Test(arguments: ["valentine", "a", "7", "module-x-2", String(repeating: "a", count: 40)])
  func `a name in small letters, digits and hyphens is a slug`(slug: String) {
    #expect(ProjectRules.problem(withSlug: slug) == nil)
  }

  @Test(
    arguments: [
      "", "-a", "a-", "A", "a_b", "a.b", "..", "a/b", "a b", "é", "a\u{0}", String(repeating: "a", count: 41),
    ])
  func `anything that is more than a name is none`(slug: String) {
    #expect(ProjectRules.problem(withSlug: slug) != nil)
  }

  @Test(arguments: ["localhost", "www.example.org", "xn--bcher-kva.example", "10.0.0.1"])
  func `names of hosts are taken`(host: String) {
    #expect(ProjectRules.problem(withHost: host) == nil)
  }

  @Test(arguments: ["", ".", "a..b", "-a.b", "A.b", "a:80", "a/b", "*.b", "a b", "a\r\nb"])
  func `what is no name of a host is not`(host: String) {
    #expect(ProjectRules.problem(withHost: host) != nil)
  }

  @Test func `two projects share neither a name nor a port nor a host`() {
    var other = ProjectRecord(slug: "other", repository: "/r", branch: "main")
    other.port = 4000
    other.hosts = ["a.test"]
    func conflict(_ slug: String, port: UInt16? = nil, hosts: [String] = []) -> String? {
      var wish = ProjectRecord(slug: slug, repository: "/r", branch: "main")
      wish.port = port
      wish.hosts = hosts
      return ProjectRules.conflict(of: wish, with: [other], reservedPorts: [3000, 3001])
    }
    #expect(conflict("mine", port: 4001, hosts: ["b.test"]) == nil)
    #expect(conflict("other") == "there is a project other already")
    #expect(conflict("mine", port: 4000) == "port 4000 is that of project other")
    #expect(conflict("mine", port: 3001) == "port 3001 is PORT or CONTROL_PORT")
    #expect(conflict("mine", hosts: ["b.test", "a.test"]) == "host a.test is that of project other")
  }
}

@Suite struct ProjectFoldersTests {
  private func record(_ slug: String) -> ProjectRecord {
    var record = ProjectRecord(
      slug: slug, repository: "https://ada:secret@example.org/a/b.git", branch: "main",
      createdAt: Timestamp(milliseconds: 7000))
    record.owner = "ada"
    record.port = 4000
    record.hosts = ["a.test", "b.test"]
    record.buildCommand = "make \"it\""
    return record
  }

  @Test func `what is made is found again, whole`() throws {
    let folder = try TemporaryFolder()
    let folders = ProjectFolders(root: folder.path("projects"))
    #expect(folders.load().found.isEmpty)
    try folders.make(ProjectFile(record("valentine")))
    let (found, problems) = folders.load()
    #expect(found.map(\.record) == [record("valentine")])
    #expect(problems.isEmpty)
  }

  @Test func `what is set aside is no project any more, and is still to be deleted`() throws {
    let folder = try TemporaryFolder()
    let folders = ProjectFolders(root: folder.path("projects"))
    try folders.make(ProjectFile(record("valentine")))
    let aside = try folders.setAside("valentine")
    #expect(folders.load().found.isEmpty)
    #expect(folders.leftovers.map(\.path) == [aside])
    #expect(folders.leftovers.map(\.slug) == ["valentine"])
  }

  @Test(arguments: ["", "{", "[]", #"{"slug":"other","repository":"/r","branch":"main"}"#])
  func `a damaged file is told of, and its project is not served`(content: String) throws {
    let folder = try TemporaryFolder()
    let folders = ProjectFolders(root: folder.path("projects"))
    try Files.makeDirectory(folder.path("projects"))
    try Files.makeDirectory(folders.folder(of: "valentine"))
    try Files.writeAtomically(folders.folder(of: "valentine") + "/project.json", Array(content.utf8))
    let (found, problems) = folders.load()
    #expect(found.isEmpty)
    #expect(problems.count == 1)
  }
}
