extension Settings {
  /// Who may ask.
  package struct Access: Sendable, Equatable {
    /// nil: one that was made here.
    package let jwtSecret: String?
    /// nil: one that was made here.
    package let adminPassword: String?
    /// The `sub` that `main` belongs to besides admins.
    package let owner: String?
  }
}

extension SettingsReader {
  mutating func access() -> Settings.Access {
    Settings.Access(
      jwtSecret: secret("JWT_SECRET", atLeast: 32),
      adminPassword: secret("ADMIN_PASSWORD", atLeast: 8),
      owner: owner())
  }

  private mutating func secret(_ name: String, atLeast shortest: Int) -> String? {
    guard let text = secret(name) else { return nil }
    guard text.utf8.count >= shortest else {
      refuse(
        name, holding: "\(text.utf8.count) bytes (not shown)", Refusal(), allowed: "\(shortest) bytes or more"
      )
      return nil
    }
    return text
  }

  private mutating func owner() -> String? {
    read("OWNER", otherwise: nil, allowed: "the sub of a token: up to 255 bytes of printable text") {
      text throws(Refusal) in
      guard text.utf8.count <= 255, !Self.hasControlCharacters(text) else { throw Refusal() }
      return text
    }
  }
}
