import CLinux

/// Whether `part` occurs in `bytes`, at the speed of memmem.
package func occurs(_ part: [UInt8], in bytes: UnsafeRawBufferPointer) -> Bool {
  clinux_contains(bytes.baseAddress, bytes.count, part, part.count) != 0
}

/// `14.2 MiB`: sizes as people read them.
package func describe(bytes: Int64) -> String {
  let units = ["B", "KiB", "MiB", "GiB", "TiB"]
  var value = Double(bytes)
  var unit = 0
  while value >= 1024, unit < units.count - 1 {
    value /= 1024
    unit += 1
  }
  if unit == 0 { return "\(bytes) B" }
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\(tenths % 10) \(units[unit])"
}

/// `850 ms`, `3.2 s`, `2 min 5 s`.
package func describe(_ duration: Duration) -> String {
  let milliseconds = duration.milliseconds
  if milliseconds < 1000 { return "\(milliseconds) ms" }
  let tenths = milliseconds % 1000 / 100
  if milliseconds < 60_000 { return "\(milliseconds / 1000)\(tenths == 0 ? "" : ".\(tenths)") s" }
  let seconds = milliseconds / 1000
  return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s"
}
