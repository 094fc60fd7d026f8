import Crypto
import Glibc
import Linux

/// What tokens are signed with and the admin's password: from the settings, or made at the first start and kept in
/// `shared/`, where nobody else may read them.
package struct MadeSecrets: Sendable {
  package let jwtSecret: String
  package let adminPassword: String
  /// Made just now: to be shown once.
  package let isPasswordNew: Bool
  package let passwordPath: String

  package static let shortestSecret = 32
  package static let shortestPassword = 8

  /// For the redactor.
  package var secrets: [String] { [jwtSecret, adminPassword] }

  /// `folder` must be one that only the manager's user can write to.
  package init(folder: String, jwtSecret: String?, adminPassword: String?) throws(MadeSecretError) {
    passwordPath = folder + "/admin.password"
    if let jwtSecret {
      self.jwtSecret = jwtSecret
    } else {
      let file = SecretFile(
        path: folder + "/jwt.secret", setting: "JWT_SECRET", shortest: Self.shortestSecret,
        loss: "the tokens of the old one are void")
      self.jwtSecret = try file.readOrMake(Hex.encode(RandomBytes.make(32))).text
    }
    if let adminPassword {
      (self.adminPassword, isPasswordNew) = (adminPassword, false)
      return
    }
    let file = SecretFile(
      path: passwordPath, setting: "ADMIN_PASSWORD", shortest: Self.shortestPassword,
      loss: "the new password is printed")
    (self.adminPassword, isPasswordNew) = try file.readOrMake(Self.makePassword())
  }

  /// 120 bits, without characters that look like others.
  private static func makePassword() -> String {
    let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
    let groups = (0..<4).map { _ in
      String(decoding: RandomBytes.make(6).map { alphabet[Int($0) % alphabet.count] }, as: UTF8.self)
    }
    return groups.joined(separator: "-")
  }
}

/// A sentence for a person: what is wrong with which file, and the way out.
package struct MadeSecretError: Error, Sendable, Equatable, CustomStringConvertible {
  package let description: String
}
