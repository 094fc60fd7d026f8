import Linux
import TestSupport
import Testing

@Suite struct CapabilityTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func missing(_ status: String) throws -> [String] {
    Capability.missing(statusFile: try folder.write("status", status)).map(\.name)
  }

  @Test func `what is not among the effective ones is missing`() throws {
    // The ones that Docker gives, all, none, and all that are asked for but KILL.
    #expect(try missing("CapPrm:\t0000000000000000\nCapEff:\t00000000a80425fb\n").isEmpty)
    #expect(try missing("CapEff:\t000001ffffffffff\n").isEmpty)
    #expect(
      try missing("CapEff:\t0000000000000000\n") == [
        "CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID",
      ])
    #expect(try missing("CapEff:\t00000000000000cb\n") == ["KILL"])
  }

  @Test(arguments: ["", "CapEff:\n", "CapEff:\tall of them\n", "CapEff:\t-1\n"])
  func `where the kernel does not say, nothing is missing`(status: String) throws {
    #expect(try missing(status).isEmpty)
  }
}
