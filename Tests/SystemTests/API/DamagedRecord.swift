import Foundation
import Testing

/// A history that cannot be read.
@Suite(.fewAtATime)
struct DamagedRecord {
  private func damage(_ manager: Manager, at offset: UInt64, bytes: Int) throws {
    let path = manager.root + "/shared/bascule.db"
    let file = try FileHandle(forUpdating: URL(filePath: path))
    try file.seek(toOffset: offset)
    try file.write(contentsOf: Data(repeating: 0xa5, count: bytes))
    try file.close()
  }

  @Test(arguments: [(0, 100), (100, 5000)])
  func `a damaged history is set aside, and the app serves on`(offset: Int, bytes: Int) async throws {
    try await withLiveApp { manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      let token = try await manager.admin()
      let before = try await manager.deployments(token).compactMap { $0["id"].int }.max() ?? 0
      #expect(try await manager.stop() == 0)
      try damage(manager, at: UInt64(offset), bytes: bytes)
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("2")
      #expect(again.log.contains("the history is damaged"), "\(again.log)")
      let files = try FileManager.default.contentsOfDirectory(atPath: manager.root + "/shared")
      #expect(files.contains { $0.hasPrefix("bascule.db.damaged-") }, "\(files)")
      // Its numbers go on: a link to an old log never shows another's.
      try await again.deploy(repository.commit("3"), serving: "3")
      let ids = try await again.deployments(token).compactMap { $0["id"].int }
      #expect(ids.allSatisfy { $0 > before }, "\(ids) after \(before)")
      try await again.bascule("rollback", exits: 0)
      try await again.untilServes("2")
    }
  }
}
