import Linux

/// Reads one setting after the other, and goes on after a wrong one, so that a person sees all of them at once.
struct SettingsReader {
  let surroundings: Surroundings
  private(set) var problems: [String] = []
  private(set) var secrets: Set<String> = []

  init(_ surroundings: Surroundings) { self.surroundings = surroundings }

  func value(_ name: String) -> String? {
    guard let value = surroundings.environment[name], !value.isEmpty else { return nil }
    return value
  }

  mutating func read<Value>(
    _ name: String, otherwise fallback: Value, allowed: String,
    show: (String) -> String = { $0 }, _ parse: (String) throws(Refusal) -> Value
  ) -> Value {
    guard let text = value(name) else { return fallback }
    do throws(Refusal) {
      if isQuoted(name, text) { throw Refusal(Self.quotesKept) }
      return try parse(text)
    } catch {
      refuse(name, holding: Self.quoted(show(text)), error, allowed: allowed)
      return fallback
    }
  }

  /// A secret's value, from NAME or from the file that NAME_FILE names.
  mutating func secret(_ name: String) -> String? {
    let fileName = name + "_FILE"
    guard let path = value(fileName) else {
      let text = value(name)
      if let text {
        mask(text)
        if isQuoted(name, text) { report("\(name) is a secret \(Self.quotesKept).") }
      }
      return text
    }
    if value(name) != nil {
      report("\(name) and \(fileName) are both set; set one of them.")
      return nil
    }
    do throws(SystemError) {
      var text = String(decoding: try surroundings.readFile(path), as: UTF8.self)
      if text.unicodeScalars.last == "\n" { text.unicodeScalars.removeLast() }
      if text.unicodeScalars.last == "\r" { text.unicodeScalars.removeLast() }
      guard !text.isEmpty else {
        report("\(fileName) names \(path), which is empty; put the secret there, or take the variable away.")
        return nil
      }
      mask(text)
      return text
    } catch {
      report("\(fileName) names \(path), which cannot be read: \(error.reason).")
      return nil
    }
  }

  /// `docker run --env-file` takes the quotes of NAME="value" for a part of the value, where Compose takes them away.
  /// A command may begin and end with them, and a key is read with or without.
  private func isQuoted(_ name: String, _ text: String) -> Bool {
    guard let first = text.first, first == "\"" || first == "'", text.count > 1, text.last == first else {
      return false
    }
    return !name.hasSuffix("_COMMAND") && name != "GIT_SSH_KEY"
  }

  private static let quotesKept =
    "in quotes, which are part of the value here (docker run --env-file keeps them): leave them out"

  mutating func report(_ line: String) { problems.append(line) }

  mutating func refuse(_ name: String, holding value: String, _ refusal: Refusal, allowed: String) {
    let reason = refusal.reason.isEmpty ? "" : ", \(refusal.reason)"
    report("\(name) holds \(value)\(reason); it may hold \(allowed).")
  }

  mutating func mask(_ secret: String) {
    if Settings.canBeMasked(secret) { secrets.insert(secret) }
  }

  /// A value as it can stand in one line of a message.
  static func quoted(_ value: String) -> String {
    let shown = value.unicodeScalars.prefix(100).map { scalar in
      scalar.value < 0x20 || 0x7f...0x9f ~= scalar.value ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return "\"" + shown.joined() + (value.unicodeScalars.count > 100 ? "…\"" : "\"")
  }
}
