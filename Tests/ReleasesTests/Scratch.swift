import Foundation
import Linux

@testable import Releases

/// An APP_ROOT of its own for one test, gone with it.
final class Scratch {
  let layout: Layout
  let store: ReleaseStore

  init() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "bascule-\(UUID().uuidString)").path
    layout = Layout(root: root)
    store = ReleaseStore(layout: layout)
    try layout.prepare()
  }

  deinit { try? FileManager.default.removeItem(atPath: layout.root) }

  /// What a good deployment does to the disk.
  @discardableResult
  func deploy(commit: String = "0123456789abcdef", ref: String = "main") throws -> Int {
    let number = try build(commit: commit, ref: ref)
    try store.mark(number, .good, reason: nil)
    try serve(number)
    try store.revisionsLog.deployed(number, ref: ref, commit: commit, by: "alice")
    try prune(keep: 4)
    return number
  }

  /// What a switch does to the disk.
  func serve(_ number: Int) throws {
    try store.makeCurrent(number)
    try store.noteCurrent(number)
  }

  /// The same, killed before it was complete.
  func build(commit: String = "0123456789abcdef", ref: String = "main") throws -> Int {
    let number = try store.reserve(Revision(commit: commit, ref: ref))
    try write("releases/\(number)/app.ts", "serve()")
    try store.writeRevision(number, commit: commit)
    return number
  }

  func fail() throws {
    try store.mark(try build(), .failed, reason: "the build failed")
    try prune(keep: 4)
  }

  func prune(keep: Int, running: Set<Int> = []) throws {
    for number in try store.prunePlan(keep: keep, running: running).removed {
      try FileManager.default.removeItem(atPath: try store.removeToTrash(number))
      try store.forget(number)
    }
  }

  var folders: [String] { names("releases") }

  func names(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: self.path(path))) ?? []).sorted()
  }

  func path(_ path: String) -> String { "\(layout.root)/\(path)" }

  func read(_ path: String) throws -> String { try Files.text(self.path(path)) }

  func write(_ path: String, _ text: String) throws {
    try FileManager.default.createDirectory(
      atPath: Files.parent(of: self.path(path)), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: self.path(path)))
  }

  func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: self.path(path)) }

  func link(_ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: self.path(path), withDestinationPath: target)
  }

  func target(_ path: String) throws -> String {
    try FileManager.default.destinationOfSymbolicLink(atPath: self.path(path))
  }

  func states() throws -> [Int: Release.State] {
    Dictionary(uniqueKeysWithValues: try store.ledger().releases.map { ($0.number, $0.state) })
  }

  /// /dev/shm is one of its own nearly everywhere.
  static var hasSecondVolume: Bool {
    func device(_ path: String) -> Int? {
      (try? FileManager.default.attributesOfItem(atPath: path)[.systemNumber]) as? Int
    }
    let here = device(FileManager.default.temporaryDirectory.path)
    return device("/dev/shm").map { $0 != here } ?? false
  }

  func moveSharedToSecondVolume() throws -> String {
    let shared = "/dev/shm/bascule-\(UUID().uuidString)"
    try Files.makeDirectory(shared + "/trash")
    try remove("shared")
    try link("shared", to: shared)
    return shared
  }

  static func removeAll(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

  func moveTrashToSecondVolume() throws -> String {
    let trash = "/dev/shm/bascule-\(UUID().uuidString)"
    try Files.makeDirectory(trash)
    try remove("shared/trash")
    try link("shared/trash", to: trash)
    return trash
  }
}
