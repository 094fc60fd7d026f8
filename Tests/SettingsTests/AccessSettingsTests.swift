import Settings
import Testing

@Suite struct AccessSettingsTests {
  private static let long = String(repeating: "k", count: 32)

  @Test func `unset, they are for others to make, and nobody owns main`() throws {
    let access = try load().access
    #expect(access.jwtSecret == nil)
    #expect(access.adminPassword == nil)
    #expect(access.owner == nil)
  }

  @Test func `both secrets may come from a file, and are masked and kept from children`() throws {
    let settings = try load(
      ["JWT_SECRET_FILE": "/jwt", "ADMIN_PASSWORD": "eight888", "OWNER": "alice"],
      files: ["/jwt": Self.long + "\n"])
    #expect(settings.access.jwtSecret == Self.long)
    #expect(settings.access.adminPassword == "eight888")
    #expect(settings.access.owner == "alice")
    #expect(settings.secrets == ["eight888", Self.long])
    #expect(settings.childEnvironment.keys.sorted() == ["OWNER"])
  }

  @Test func `short ones are refused without being shown`() {
    #expect(
      refusal(["JWT_SECRET": String(repeating: "k", count: 31)])
        == ["JWT_SECRET holds 31 bytes (not shown); it may hold 32 bytes or more."])
    #expect(
      refusal(["ADMIN_PASSWORD_FILE": "/p"], files: ["/p": "seven77\n"])
        == ["ADMIN_PASSWORD holds 7 bytes (not shown); it may hold 8 bytes or more."])
  }

  @Test(arguments: ["a\tb", "\u{7f}", String(repeating: "é", count: 128)])
  func `an owner is a name that a token can have`(name: String) {
    #expect(refusal(["OWNER": name]).count == 1)
  }

  @Test func `the record has its limits`() throws {
    let usual = try load().record
    #expect(usual.parallelBuilds == 1)
    #expect(usual.queueLimit == 50)
    #expect(usual.keepDeployments == 500)
    #expect(usual.keepLogDays == 90)
    let set = try load([
      "PARALLEL_BUILDS": "4", "QUEUE_LIMIT": "1", "KEEP_DEPLOYMENTS": "100000", "KEEP_LOG_DAYS": "7",
    ]).record
    #expect(
      [set.parallelBuilds, set.queueLimit, set.keepDeployments, set.keepLogDays] == [4, 1, 100_000, 7])
  }

  @Test(arguments: ["PARALLEL_BUILDS", "QUEUE_LIMIT", "KEEP_DEPLOYMENTS", "KEEP_LOG_DAYS"])
  func `a limit is a whole number above zero`(name: String) {
    for value in ["0", "-1", "1.5", "many", "99999999999999999999"] {
      #expect(refusal([name: value]).first?.hasPrefix("\(name) holds \"\(value)\"") == true)
    }
  }
}
