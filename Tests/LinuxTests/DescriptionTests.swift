import Glibc
import Linux
import Testing

@Suite struct DescriptionTests {
  @Test(
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (14_889_779, "14.2 MiB"),
      (1 << 30, "1.0 GiB"), (5 << 40, "5.0 TiB"), (2048 << 40, "2048.0 TiB"), (-1, "-1 B"),
    ] as [(Int64, String)])
  func `a size as people read it`(bytes: Int64, text: String) { #expect(describe(bytes: bytes) == text) }

  @Test(
    arguments: [
      (.zero, "0 ms"), (.milliseconds(850), "850 ms"), (.milliseconds(999), "999 ms"), (.seconds(1), "1 s"),
      (.milliseconds(3249), "3.2 s"), (.milliseconds(59_999), "59.9 s"), (.seconds(60), "1 min"),
      (.seconds(125), "2 min 5 s"), (.seconds(600), "10 min"),
    ] as [(Duration, String)])
  func `a duration as people read it`(duration: Duration, text: String) {
    #expect(describe(duration) == text)
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1_769_860_800_123, "2026-01-31T12:00:00.123Z"),
      (951_782_400_007, "2000-02-29T00:00:00.007Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ] as [(Int64, String)])
  func `a time as ISO 8601 has it`(milliseconds: Int64, text: String) {
    let time = Timestamp(milliseconds: milliseconds)
    #expect(time.iso8601() == text)
    #expect(time.iso8601(fraction: false) == text.prefix(19) + "Z")
  }

  @Test func `a signal by the name that people look up`() {
    #expect(Signals.name(SIGTERM) == "SIGTERM")
    #expect(Signals.name(SIGKILL) == "SIGKILL")
    #expect(Signals.name(1000) == "signal 1000")
  }
}
