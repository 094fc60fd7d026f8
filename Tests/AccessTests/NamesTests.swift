import Access
import Testing

@Suite struct NamesTests {
  @Test(arguments: [
    "git@github.com:Acme/Shop.git", "git@github.com:acme/shop", "ssh://git@git.acme.org:2222/acme/shop.git",
    "https://github.com/acme/shop", "https://user:token@github.com/acme/shop.git/", "github.com:/acme/shop",
    "git://github.com/acme/shop.GIT", "HTTPS://github.com/acme//shop/",
  ])
  func `a repository is owner and name, whatever the way there`(url: String) {
    #expect(RepositoryIdentity(url: url) == RepositoryIdentity(fullName: "acme/shop"))
  }

  @Test func `GitLab's subgroups belong to the name`() {
    let identity = RepositoryIdentity(url: "git@gitlab.com:acme/web/shop.git")
    #expect(identity == RepositoryIdentity(fullName: "acme/web/shop"))
    #expect(identity != RepositoryIdentity(fullName: "web/shop"))
    #expect(identity?.description == "acme/web/shop")
  }

  @Test(arguments: [
    "/srv/git/shop.git", "./shop", "shop", "../a:b/c", "file:///srv/git/shop.git", "https://github.com",
    "https://github.com/shop", "", ":", "://", "a:", "https://github.com/acme/.git",
  ])
  func `what is local or has no owner has no identity`(url: String) {
    #expect(RepositoryIdentity(url: url) == nil)
  }

  @Test(arguments: [
    "main", "feature/a-b_c", "refs/heads/main", "v1.0", "release-2026.01", "dépôt",
    "0123456789abcdef0123456789abcdef01234567", "a@b", "a{b}",
  ])
  func `names that git takes are taken`(name: String) {
    #expect(RefName.problem(with: name) == nil)
  }

  @Test(arguments: [
    "", "-", "--upload-pack=x", "a..b", "a b", "a\nb", "a\0b", "a\u{7f}", "a~1", "a^", "a:b", "a?", "a*",
    "a[b",
    "a\\b", "a.lock", "a.lock/b", "a/", "/a", "a//b", "a.", ".a", "a/.b", "a@{1}", "@",
    String(repeating: "a", count: 251),
  ])
  func `names that git might take for something else are refused`(name: String) {
    #expect(RefName.problem(with: name) != nil)
  }

  @Test func `a refusal shows the name without its control characters`() {
    #expect(RefName.problem(with: "a\u{1b}[31mb")?.contains("\u{1b}") == false)
  }
}
