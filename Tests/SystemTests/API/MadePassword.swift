import Foundation
import Testing

/// The secrets that the first start makes.
@Suite(.fewAtATime)
struct MadePassword {
  @Test func `a made password is printed once and lies where only root reads it`() async throws {
    try await withLiveApp { manager, repository in
      let file = manager.root + "/shared/admin.password"
      let password = try String(contentsOfFile: file, encoding: .utf8)
        .trimmingCharacters(in: .whitespacesAndNewlines)
      #expect(password.count >= 16)
      #expect(manager.log.components(separatedBy: password).count == 2, "\(manager.log)")
      for name in ["admin.password", "jwt.secret"] {
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(manager.root)/shared/\(name)")
        #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
      }
      let token = try await manager.token("ada")
      #expect(try await manager.stop() == 0)
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("1")
      #expect(!again.log.contains(password))
      // What was made stays: so do the tokens.
      #expect(try await again.api("/api/projects", token: token).status == 200)
      let login = try await request(
        "POST", "/api/login", port: again.controlPort, headers: ["Content-Type": "application/json"],
        body: JSONSerialization.data(withJSONObject: ["password": password]))
      #expect(login.status == 200, "\(login)")
      #expect(!again.log.contains(password))
    }
  }
}
