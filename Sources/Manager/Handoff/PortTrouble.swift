import Glibc
import Linux

/// What to tell of an app that does not listen where it was told to, or that could not be asked.
enum PortTrouble {
  /// To a sentence about a probe that nobody answered. nil: where the app listens cannot be seen.
  static func elsewhere(_ ports: [UInt16]?, insteadOf port: UInt16) -> String {
    guard let ports, !ports.contains(port) else { return "" }
    let found = ports.isEmpty ? "nothing" : "port " + ports.map(String.init).joined(separator: ", ")
    let sentence = "; it listens on \(found) instead of PORT=\(port): let it read process.env.PORT"
    guard let first = ports.first else { return sentence }
    return sentence + ", or set HANDOFF=in-place and APP_PORT=\(first)"
  }

  /// To a sentence about an app that was not healthy in time, when the manager could not ask it any more.
  static func unasked(_ shortage: SystemError) -> String {
    let way =
      switch shortage.code {
      case EMFILE: "give the container more of them (docker run --ulimit nofile=N)"
      case ENFILE: "the whole machine has too many (sysctl fs.file-max)"
      default: "the machine has no memory left"
      }
    return "; in the end it could not be asked: \(shortage.reason): \(way)"
  }

  /// To a sentence about an app that ended: empty unless its last words were of a port that is taken.
  static func taken(_ lines: [String], insteadOf port: UInt16) -> String {
    let words = lines.filter(isAboutTakenPort)
    guard !words.isEmpty else { return "" }
    let named = words.reversed().lazy.compactMap(Self.port(in:)).first
    if named == port { return "; it found its port \(port) taken by another process" }
    return "; it found \(named.map { "port \($0)" } ?? "its port") taken: let it read process.env.PORT"
      + " (\(port)), or set HANDOFF=in-place and APP_PORT to a port that is the app's alone"
  }

  private static func isAboutTakenPort(_ line: String) -> Bool {
    let line = line.lowercased()
    return ["eaddrinuse", "address already in use", "address in use"].contains { line.contains($0) }
      || (line.contains("port") && line.contains("in use"))
  }

  /// The last number of the line that stands where a port would: `port 3000`, `port: 3000`, `0.0.0.0:3000`.
  private static func port(in line: String) -> UInt16? {
    var found: UInt16?
    var before = ""
    var digits = ""
    for character in line.lowercased() + "\n" {
      if character.isASCII, character.isNumber {
        digits.append(character)
        continue
      }
      if let number = UInt16(digits), number > 0, ["port ", "port: ", ":"].contains(where: before.hasSuffix) {
        found = number
      }
      if !digits.isEmpty {
        before = ""
        digits = ""
      }
      before.append(character)
    }
    return found
  }
}
