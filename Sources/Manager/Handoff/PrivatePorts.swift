import Linux

/// The ports that apps are given: round and round a range, so that none comes twice within a while.
///
/// Not those that the kernel gives to outgoing connections: one could take a port between the choice and the
/// app's bind, a probe of it even by connecting to itself.
struct PrivatePorts: Sendable {
  private let range: Range<Int>
  private var offset: Int

  /// `ephemeral`: the kernel's own range. nil where it leaves no room.
  init?(outside ephemeral: ClosedRange<Int>, startingAt start: Int) {
    let preferred = 10_000..<20_000
    if !preferred.overlaps(ephemeral) {
      range = preferred
    } else if ephemeral.lowerBound >= 4096 {
      range = 2048..<ephemeral.lowerBound
    } else if ephemeral.upperBound <= 0xffff - 2048 {
      range = (ephemeral.upperBound + 1)..<0x10000
    } else {
      return nil
    }
    offset = abs(start % range.count)
  }

  mutating func next(isFree: (UInt16) -> Bool) -> UInt16? {
    for _ in range {
      let port = UInt16(range.lowerBound + offset)
      offset = (offset + 1) % range.count
      if isFree(port) { return port }
    }
    return nil
  }
}

extension PrivatePorts {
  /// Of this machine, beginning anywhere: another manager may share its loopback.
  static func here() -> PrivatePorts? {
    let bounds = ((try? Files.text("/proc/sys/net/ipv4/ip_local_port_range")) ?? "")
      .split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    let isRange = bounds.count == 2 && bounds[0] <= bounds[1]
    return PrivatePorts(
      outside: isRange ? bounds[0]...bounds[1] : 32_768...60_999, startingAt: .random(in: 0..<10_000))
  }
}
