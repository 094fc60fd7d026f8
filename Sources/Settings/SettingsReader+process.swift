import Linux

/// The settings about ports, users and output.
extension SettingsReader {
  mutating func ports() -> (port: UInt16, controlPort: UInt16) {
    let port = port("PORT", otherwise: 3000)
    let name = controlPortName
    if let older = value("WEBHOOK_PORT"), let newer = value("CONTROL_PORT"), newer != older {
      report("CONTROL_PORT and WEBHOOK_PORT are two names of one setting, but differ; set one of them.")
    }
    let controlPort = self.port(name, otherwise: 3001)
    if port == controlPort {
      report("PORT and \(name) are both \(port); they may hold two different ports.")
    }
    return (port, controlPort)
  }

  /// The name under which the control port was set.
  var controlPortName: String {
    value("CONTROL_PORT") == nil && value("WEBHOOK_PORT") != nil ? "WEBHOOK_PORT" : "CONTROL_PORT"
  }

  mutating func stopTimeout() -> Duration { duration("STOP_TIMEOUT", otherwise: .seconds(10)) }

  mutating func logFormat() -> Settings.LogFormat {
    read("LOG_FORMAT", otherwise: .text, allowed: "text or json") { text throws(Refusal) in
      guard let format = Settings.LogFormat(rawValue: text) else { throw Refusal() }
      return format
    }
  }

  mutating func appUser() -> AppUser? {
    let surroundings = surroundings
    let isRoot = surroundings.effectiveUser == 0
    guard value("APP_USER") != nil else { return isRoot ? surroundings.findUser("bun") : nil }
    return read("APP_USER", otherwise: nil, allowed: "the name of a user of this system") {
      name throws(Refusal) in
      guard let user = surroundings.findUser(name) else { throw Refusal("whom this system does not know") }
      guard isRoot || user.identity.uid == surroundings.effectiveUser else {
        throw Refusal("but only root can run the app as somebody else, and this runs as another user")
      }
      return isRoot ? user : nil
    }
  }

  /// Also those that are for other parts to read.
  mutating func allSecrets() -> [String] {
    for name in ChildEnvironment.secretNames {
      if let secret = value(name) { mask(secret) }
    }
    return secrets.sorted()
  }

  mutating func run(_ check: Settings.Check, of name: String) {
    guard let text = value(name), let problem = check(text) else { return }
    report("\(name) holds \(Self.quoted(text)), \(problem).")
  }
}
