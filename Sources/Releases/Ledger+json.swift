import JSON
import Linux

extension Ledger {
  var json: [UInt8] {
    let value: JSONValue = [
      "highest": JSONValue(highest),
      "live": JSONValue(live),
      "previous": JSONValue(previous),
      "candidate": JSONValue(candidate),
      "releases": .array(releases.map(\.json)),
    ]
    return value.bytes + [UInt8(ascii: "\n")]
  }

  /// nil for anything that Bascule did not write itself.
  init?(json bytes: [UInt8]) {
    guard let root = try? JSONDocument(bytes: bytes).root, let highest = root["highest"]?.int, highest >= 0,
      root["releases"]?.kind == .array
    else { return nil }
    for node in root["releases"]?.elements ?? [] {
      guard let release = Release(json: node) else { return nil }
      if Layout.numbers.contains(release.number) { add(release) }
    }
    // A number beyond them came from a folder that somebody made, and would be the last.
    if Layout.numbers.contains(highest) { self.highest = max(self.highest, highest) }
    live = (root["live"]?.int).flatMap { Layout.numbers.contains($0) ? $0 : nil }
    previous = (root["previous"]?.int).flatMap { Layout.numbers.contains($0) ? $0 : nil }
    candidate = (root["candidate"]?.int).flatMap { Layout.numbers.contains($0) ? $0 : nil }
  }
}

extension Release {
  fileprivate var json: JSONValue {
    [
      "number": JSONValue(number),
      "state": .string(state.rawValue),
      "commit": JSONValue(revision.commit),
      "message": JSONValue(revision.message),
      "author": JSONValue(revision.author),
      "ref": JSONValue(revision.ref),
      "createdAt": .int(createdAt.milliseconds),
      "sizeBytes": JSONValue(sizeBytes),
      "reason": JSONValue(reason),
    ]
  }

  fileprivate init?(json node: JSONNode) {
    guard let number = node["number"]?.int, number > 0,
      let state = node["state"]?.string.flatMap(State.init(rawValue:)), let created = node["createdAt"]?.int
    else { return nil }
    self.init(
      number: number, state: state,
      revision: Revision(
        commit: node["commit"]?.string, message: node["message"]?.string, author: node["author"]?.string,
        ref: node["ref"]?.string),
      createdAt: Timestamp(milliseconds: Int64(created)), sizeBytes: node["sizeBytes"]?.int.map(Int64.init),
      reason: node["reason"]?.string)
  }
}
