import JSON

extension Push {
  init?(gitlab payload: JSONNode) {
    guard let ref = payload["ref"]?.string, let (kind, name) = Self.split(ref: ref),
      let after = payload["after"]?.string
    else { return nil }
    var change = Change(kind: kind, name: name)
    change.before = Self.commit(payload["before"]?.string)
    change.after = Self.commit(after)
    let commits = payload["commits"]?.elements ?? []
    let head = commits.first { $0["id"]?.string == after }
    change.message = head?["message"]?.string
    change.author = head?["author"]?["name"]?.string
    change.setSkipped(by: commits, total: payload["total_commits_count"]?.int)
    let project = payload["project"]
    let repository = payload["repository"]
    self.init(
      name: project?["path_with_namespace"]?.string,
      urls: {
        ["git_ssh_url", "git_http_url", "web_url"].map { project?[$0]?.string }
          + ["git_ssh_url", "git_http_url", "url"].map { repository?[$0]?.string }
      },
      actor: payload["user_username"]?.string ?? payload["user_name"]?.string,
      changes: [change])
  }
}
