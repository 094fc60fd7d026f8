import Glibc

extension FieldLines {
  /// Whether reading the head from its start once more could say anything but that it is incomplete: a line that
  /// ends behind `scanned` is the first one, the last one, or a bad one. Each line is looked at once here, so
  /// that a head that comes in small pieces costs a few times as much as a whole one, and not its square. Too
  /// many lines are not seen here, so the whole is worth reading each time that it has doubled, too.
  ///
  /// `firstLine`: the first line begins no later.
  func isWorthReading(
    _ bytes: UnsafePointer<UInt8>, _ end: Int, from scanned: Int, firstLine: Int
  ) -> Bool {
    if end.leadingZeroBitCount != scanned.leadingZeroBitCount { return true }
    var at = min(scanned, end)
    while let found = memchr(bytes + at, Int32(Byte.lineFeed), end - at) {
      let feed = UnsafeRawPointer(found) - UnsafeRawPointer(bytes)
      var start = feed
      while start > 0, bytes[start - 1] != Byte.lineFeed { start -= 1 }
      if start <= firstLine || feed - start < 2 { return true }
      guard case .some(.some) = try? line(bytes, feed + 1, at: start) else { return true }
      at = feed + 1
    }
    return false
  }
}
