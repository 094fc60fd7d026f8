import Glibc
import History
import JSON
import Linux

@testable import Releases

#if canImport(Manager)
  @testable import Manager
#endif

/// What is read from disk: the ledger, revisions.log, project.json.
enum StateInvariants {
  private static let folder: String = {
    var template = Array("/tmp/bascule-fuzz-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { return "/nowhere" }
    atexit { StateInvariants.removeAll() }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }()

  static func violation(_ bytes: [UInt8]) -> String? {
    wrong(ledger: bytes) ?? wrong(log: bytes) ?? wrong(project: bytes)
  }

  static func write(_ bytes: [UInt8], to name: String) -> String? {
    let path = "\(folder)/\(name)"
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return bytes.withUnsafeBytes({ Glibc.write(file, $0.baseAddress, $0.count) }) == bytes.count ? path : nil
  }

  private static func removeAll() {
    for name in (try? Files.list(folder)) ?? [] { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }

  private static func wrong(ledger bytes: [UInt8]) -> String? {
    guard let ledger = Ledger(json: bytes) else { return nil }
    guard Ledger(json: ledger.json) == ledger else { return "a ledger came back as another" }
    let numbers = ledger.releases.map(\.number)
    if !numbers.allSatisfy({ $0 > 0 && $0 <= ledger.highest }) { return "a release beyond the highest" }
    if Set(numbers).count != numbers.count || numbers != numbers.sorted() {
      return "releases twice or in disorder"
    }
    for release in ledger.releases where release.createdAt.iso8601().isEmpty { return "no time" }
    let plan = PrunePlan(ledger.releases, keep: 2, needed: [])
    return plan.removed.allSatisfy(numbers.contains) ? nil : "what is not there is removed"
  }

  private static func wrong(log bytes: [UInt8]) -> String? {
    guard let path = write(bytes, to: "revisions.log") else { return "no folder" }
    let log = RevisionsLog(path: path)
    guard let before = try? log.numbers() else { return "revisions.log cannot be read" }
    if before.contains(where: { !Layout.numbers.contains($0) }) { return "a number that is none" }
    // Whatever stood there, and whatever the actor is called, one line tells of one release.
    let text = String(decoding: bytes, as: UTF8.self)
    guard (try? log.deployed(77, ref: text, commit: "0123456789", by: text)) != nil,
      (try? log.rolledBack(to: 78, by: text)) != nil, let after = try? log.numbers()
    else { return "revisions.log cannot be written" }
    return after == before + [77, 78] ? nil : "the log tells of \(after) instead of \(before + [77, 78])"
  }

  private static func wrong(project bytes: [UInt8]) -> String? {
    guard let path = write(bytes, to: "project.json") else { return "no folder" }
    let folder = Files.parent(of: path)
    guard let file = try? ProjectFile.read(folder, slug: "shop") else { return nil }
    guard (try? file.write(into: folder)) != nil, let again = try? ProjectFile.read(folder, slug: "shop")
    else {
      return "a project that was written cannot be read"
    }
    let (one, other) = (file.record, again.record)
    let isSame =
      one.repository.isSameBytes(as: other.repository) && one.branch.isSameBytes(as: other.branch)
      && one.hosts == other.hosts && one.port == other.port && one.createdAt == other.createdAt
      && one.startCommand == other.startCommand
    return isSame ? nil : "a project came back as another"
  }
}
