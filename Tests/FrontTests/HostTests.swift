import Testing

@testable import Front

/// Which site a request is for, by the host that it names.
@Suite struct HostTests {
  private static let sites: [(name: String, hosts: [String])] = [
    ("shop", ["shop.example", "Shop.Example.org.", "10.0.0.1", "[::1]"]),
    ("blog", ["blog.example", "module-blog.*"]),
    ("module", ["module.*", "module-a.b.*", "shop.example"]),
    ("deep", ["module-a.*", "module-blog.example"]),
  ]

  @Test(
    arguments: [
      ("shop.example", "shop"), ("SHOP.example", "shop"), ("shop.example:8080", "shop"),
      ("shop.example.", "shop"), ("shop.example.:80", "shop"), ("shop.example.org", "shop"),
      ("10.0.0.1:3000", "shop"), ("[::1]:3000", "shop"), ("[::1]", "shop"), ("[::2]", nil),
      ("blog.example", "blog"), ("xblog.example", nil), ("blog.examples", nil), ("blog.exampl", nil),
      ("shop.example..", nil), ("", nil), (":80", nil), (".", nil), ("..", nil), ("other", nil),
      ("module-blog.example.com", "blog"), ("MODULE-blog.x", "blog"), ("module-blog.x:1", "blog"),
      ("module-blog", nil), ("module-blog.", nil), ("module-blo.g", nil), ("a.module-blog.x", nil),
      ("module.x", "module"), ("module-a.x", "deep"), ("module-a.b.x", "module"), ("module-a.b", "deep"),
      ("module-a.bc.x", "deep"), ("module-blog.example", "deep"),
    ] as [(String, String?)])
  func `the whole name wins, then the longest beginning`(host: String, name: String?) {
    #expect(Self.site(of: host) == name)
  }

  @Test func `a host longer than any name is nobody's`() {
    #expect(Self.site(of: "module-a." + repeated("x", 244)) == "deep")
    #expect(Self.site(of: "module-a." + repeated("x", 245)) == nil)
    #expect(Self.site(of: "module-a." + repeated("x", 60000)) == nil)
  }

  @Test(
    arguments: [
      "", ".", "..", "*", "*.example", "a.*.b", ".*", "a..b", ".a", "a b", "a:80", "a/b", "a,b", "a=b",
      "ü.example",
      "[::1", "::1", "[::g]", "[::1].*", "[::1]:80", "a.*.*", "a\r\n", repeated("a", 254),
    ])
  func `what no request could name is no host`(text: String) {
    #expect(HostPattern(text) == nil)
    #expect(HostPattern.problem(in: text) != nil)
  }

  @Test(arguments: ["a", "A.b", "a.", "a.*", "a.b.*", "a-b_c~d.e", "127.0.0.1", "[::1]", repeated("a", 253)])
  func `what a request may name is a host`(text: String) {
    #expect(HostPattern(text) != nil)
    #expect(HostPattern.problem(in: text) == nil)
  }

  @Test func `a hundred hosts are all found, and what lies between them is not`() {
    var routes = Routes()
    defer { routes.deallocate() }
    #expect(routes.isEmpty)
    let sites = (0..<100).map { number in
      let site = SiteRef.allocate(capacity: 1)
      site.initialize(to: SiteState(number))
      return site
    }
    defer { for site in sites { site.deallocate() } }
    routes.replace(by: sites.flatMap { site in Self.patterns(site.pointee.number).map { ($0, site) } })
    #expect(!routes.isEmpty)
    for number in 0..<100 {
      #expect(Self.find("app\(number).example", routes) == sites[number])
      #expect(Self.find("module-\(number).example", routes) == sites[number])
      #expect(Self.find("app\(number)x.example", routes) == nil)
    }
    routes.replace(by: [])
    #expect(routes.isEmpty)
    #expect(Self.find("app1.example", routes) == nil)
  }

  private static func patterns(_ number: Int) -> [HostPattern] {
    ["app\(number).example", "module-\(number).*"].compactMap { HostPattern($0) }
  }

  private static func site(of host: String) -> String? {
    var routes = Routes()
    defer { routes.deallocate() }
    let states = sites.indices.map { number in
      let site = SiteRef.allocate(capacity: 1)
      site.initialize(to: SiteState(number))
      return site
    }
    defer { for site in states { site.deallocate() } }
    routes.replace(
      by: zip(sites, states).flatMap { site, state in
        site.hosts.compactMap { HostPattern($0) }.map { ($0, state) }
      })
    return find(host, routes).map { sites[$0.pointee.number].name }
  }

  private static func find(_ host: String, _ routes: Routes) -> SiteRef? {
    withMemory(Array(host.utf8)) { memory, count in routes.site(of: memory, ByteRange(count: count)) }
  }
}
