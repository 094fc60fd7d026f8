/// `[skip ci]` and its kin in the message of a commit, in any letter case.
enum SkipMarker {
  private static let markers = [
    "[skip ci]", "[ci skip]", "[no ci]", "[skip deploy]", "[deploy skip]", "[skip actions]", "[actions skip]",
  ].map { Array($0.utf8) }

  static func isIn(_ message: String) -> Bool {
    var rest = Array(message.utf8)[...]
    while let bracket = rest.firstIndex(of: UInt8(ascii: "[")) {
      rest = rest[bracket...]
      let start = rest.prefix(16).map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
      if markers.contains(where: start.starts(with:)) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
