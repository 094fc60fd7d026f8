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
    change.setMessages(of: commits, total: payload["total_commits"]?.int)
    let repository = payload["repository"]
    let pusher = payload["pusher"]
    self.init(
      names: [repository?["full_name"]?.string],
      urls: ["clone_url", "ssh_url", "git_url", "html_url", "url"].map { repository?[$0]?.string },
      actor: pusher?["name"]?.string ?? pusher?["login"]?.string ?? pusher?["username"]?.string
        ?? payload["sender"]?["login"]?.string,
      changes: [change])
  }
}

extension Push.Change {
  init(kind: Kind, name: String) {
    self.init(kind: kind, name: name, before: nil, after: nil)
  }

  mutating func setMessages(of commits: [JSONNode], total: Int?) {
    let listed = commits.compactMap { $0["message"]?.string }
    guard listed.count == commits.count, total ?? listed.count <= listed.count else { return }
    // No new commits, as when a branch is set back: the one it now names speaks for itself.
    messages = listed.isEmpty ? message.map { [$0] } : listed
  }
}
