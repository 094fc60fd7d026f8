import Glibc

/// What the calling thread has read, by the kernel's count: that tells a walk through all that there is from a look at
/// the part that is asked for, however busy the machine is.
package struct ReadCount {
  package let bytes: Int
  package let calls: Int

  package static var now: ReadCount {
    var text = [UInt8](repeating: 0, count: 4096)
    let file = open("/proc/thread-self/io", O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    let count = max(0, read(file, &text, text.count))
    func number(_ name: String) -> Int {
      let lines = String(decoding: text.prefix(count), as: UTF8.self).split(separator: "\n")
      return lines.first { $0.hasPrefix(name) }.flatMap { Int($0.dropFirst(name.count)) } ?? 0
    }
    return ReadCount(bytes: number("rchar: "), calls: number("syscr: "))
  }

  package static func of(_ body: () throws -> Void) rethrows -> ReadCount {
    let before = now
    try body()
    let after = now
    return ReadCount(bytes: after.bytes - before.bytes, calls: after.calls - before.calls)
  }
}
