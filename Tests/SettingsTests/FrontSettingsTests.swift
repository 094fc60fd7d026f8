import Settings
import Testing

@Suite struct FrontSettingsTests {
  @Test func `an empty environment gives the defaults of the table`() throws {
    let settings = try load()
    #expect(settings.front.threads == 1)
    #expect(settings.front.holdTimeout == .seconds(30))
    #expect(settings.front.holdLimit == 1000)
    #expect(settings.front.trustedProxies == "")
    #expect(settings.front.assetPaths == [])
    #expect(settings.front.accessLog == .off)
    #expect(settings.metricsToken == nil)
  }

  @Test func `what is set is taken`() throws {
    let settings = try load([
      "FRONT_THREADS": "64", "HOLD_TIMEOUT": "1.5", "HOLD_LIMIT": "1", "ACCESS_LOG": "json",
      "TRUSTED_PROXIES": "10.0.0.0/8, loopback", "DRAIN_TIMEOUT": "2m",
    ])
    #expect(settings.front.threads == 64)
    #expect(settings.front.holdTimeout == .milliseconds(1500))
    #expect(settings.front.holdLimit == 1)
    #expect(settings.front.accessLog == .json)
    #expect(settings.front.trustedProxies == "10.0.0.0/8, loopback")
    #expect(settings.drainTimeout == .seconds(120))
  }

  @Test(arguments: [
    ("FRONT_THREADS", "0"), ("FRONT_THREADS", "65"), ("HOLD_TIMEOUT", "0"), ("HOLD_LIMIT", "-1"),
    ("DRAIN_TIMEOUT", "never"), ("ACCESS_LOG", "yes"), ("HANDOFF", "in place"), ("APP_PORT", "70000"),
    ("ASSET_PATHS", "assets/"), ("ASSET_PATHS", "/assets/,img"), ("ASSET_PATHS", "/a b"),
    ("ASSET_PATHS", "/a?b"), ("ASSET_PATHS", ","),
  ])
  func `what cannot be right is refused in one line that names it`(name: String, value: String) {
    let lines = refusal([name: value])
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("\(name) holds ") == true, "\(lines)")
  }

  @Test func `asset paths are separated by commas, with or without spaces`() throws {
    #expect(
      try load(["ASSET_PATHS": "/assets/, /_next/static/ ,/favicon.ico"]).front.assetPaths
        == ["/assets/", "/_next/static/", "/favicon.ico"])
  }

  // MARK: Handoff

  @Test func `in place, the app gets a port of its own unless APP_PORT says which`() throws {
    #expect(try load(["HANDOFF": "in-place"]).handoff == .inPlace(port: nil))
    #expect(try load(["HANDOFF": "in-place", "APP_PORT": "4000"]).handoff == .inPlace(port: 4000))
    #expect(try load(["HANDOFF": "beside"]).handoff == .beside)
  }

  @Test func `APP_PORT alone means in place: two releases cannot have one port`() throws {
    #expect(try load(["APP_PORT": "4000"]).handoff == .inPlace(port: 4000))
  }

  @Test func `APP_PORT and HANDOFF=beside contradict each other`() {
    #expect(
      refusal(["HANDOFF": "beside", "APP_PORT": "4000"]) == [
        "APP_PORT is set, and HANDOFF is beside: two releases cannot listen on one port at once; "
          + "set HANDOFF to in-place, or take APP_PORT away."
      ])
  }

  @Test func `APP_PORT is neither the public port nor the control port`() {
    #expect(
      refusal(["APP_PORT": "3000"]) == ["APP_PORT and PORT are both 3000; they may hold two different ports."]
    )
    #expect(refusal(["APP_PORT": "3001"]).count == 1)
    #expect(
      refusal(["APP_PORT": "9000", "WEBHOOK_PORT": "9000"]) == [
        "APP_PORT and WEBHOOK_PORT are both 9000; they may hold two different ports."
      ])
  }

  @Test func `METRICS_TOKEN is a secret`() throws {
    let settings = try load(
      ["METRICS_TOKEN_FILE": "/run/secrets/metrics"], files: ["/run/secrets/metrics": "a token\n"])
    #expect(settings.metricsToken == "a token")
    #expect(settings.secrets == ["a token"])
    #expect(settings.childEnvironment["METRICS_TOKEN_FILE"] == nil)
  }
}
