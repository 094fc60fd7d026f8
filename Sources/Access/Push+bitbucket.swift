import JSON

extension Push {
  /// One push may change many refs at once.
  init?(bitbucket payload: JSONNode) {
    guard let changes = payload["push"]?["changes"], changes.kind == .array else { return nil }
    let repository = payload["repository"]
    let actor = payload["actor"]
    self.init(
      name: repository?["full_name"]?.string,
      urls: { [repository?["links"]?["html"]?["href"]?.string] },
      actor: actor?["nickname"]?.string ?? actor?["display_name"]?.string,
      changes: changes.elements.compactMap(Change.init(bitbucket:)))
  }
}

extension Push.Change {
  fileprivate init?(bitbucket change: JSONNode) {
    let new = change["new"]
    let old = change["old"]
    // What is gone has no `new`, what was made no `old`.
    guard let ref = [new, old].compactMap(\.self).first(where: { $0.kind == .object }),
      let name = ref["name"]?.string
    else { return nil }
    self.init(kind: ref["type"]?.string == "tag" ? .tag : .branch, name: name)
    let target = new?["target"]
    before = Push.commit(old?["target"]?["hash"]?.string)
    after = Push.commit(target?["hash"]?.string)
    isForced = change["forced"]?.bool ?? false
    message = target?["message"]?.string
    author = target?["author"]?["user"]?["display_name"]?.string ?? target?["author"]?["raw"]?.string
    if change["truncated"]?.bool != true { setSkipped(by: change["commits"]?.elements ?? [], total: nil) }
  }
}
