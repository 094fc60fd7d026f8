import JSON

extension Push {
  /// GitHub's payload, which Gitea, Forgejo and Gogs took over.
  init?(github payload: JSONNode) {
    guard let ref = payload["ref"]?.string, let (kind, name) = Self.split(ref: ref),
      let after = payload["after"]?.string
    else { return nil }
    var change = Change(kind: kind, name: name)
    change.before = Self.commit(payload["before"]?.string)
    change.after = payload["deleted"]?.bool == true ? nil : Self.commit(after)
    change.isForced = payload["forced"]?.bool ?? false
    let commits = payload["commits"]?.elements ?? []
    let named = payload["head_commit"].flatMap { $0.isNull ? nil : $0 }
    let head = named ?? commits.first { $0["id"]?.string == after }
    change.message = head?["message"]?.string
    change.author = head?["author"]?["name"]?.string ?? head?["author"]?["username"]?.string
    change.setSkipped(by: commits, total: payload["total_commits"]?.int)
    let repository = payload["repository"]
    let pusher = payload["pusher"]
    self.init(
      name: repository?["full_name"]?.string,
      urls: { ["clone_url", "ssh_url", "git_url", "html_url", "url"].map { repository?[$0]?.string } },
      actor: pusher?["name"]?.string ?? pusher?["login"]?.string ?? pusher?["username"]?.string
        ?? payload["sender"]?["login"]?.string,
      changes: [change])
  }
}

extension Push.Change {
  init(kind: Kind, name: String) {
    self.init(kind: kind, name: name, before: nil, after: nil)
  }

  /// `total` is how many commits there are where the payload does not list them all.
  mutating func setSkipped(by commits: [JSONNode], total: Int?) {
    if commits.isEmpty {
      // As when a branch is set back: the commit it now names speaks for itself.
      isSkipped = message.map(SkipMarker.isIn) ?? false
    } else if total ?? 0 <= commits.count {
      isSkipped = commits.allSatisfy { $0["message"]?.string.map(SkipMarker.isIn) ?? false }
    }
  }
}
