import Glibc

/// Names of hosts in lower case, and whose they are: sorted, in memory of their own.
struct HostTable {
  private struct Entry {
    let name: UnsafeMutablePointer<UInt8>
    let count: Int
    let site: SiteRef
  }

  private var entries: UnsafeMutablePointer<Entry>?
  private(set) var count = 0

  init() {}

  /// Of two that have the same name the first one has it.
  init(_ hosts: [(name: [UInt8], site: SiteRef)]) {
    var seen: Set<[UInt8]> = []
    let sorted = hosts.filter { seen.insert($0.name).inserted }
      .sorted { $0.name.lexicographicallyPrecedes($1.name) }
    guard !sorted.isEmpty else { return }
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: sorted.count)
    for (index, host) in sorted.enumerated() {
      let name = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, host.name.count))
      for (at, byte) in host.name.enumerated() { name[at] = byte }
      (entries + index).initialize(to: Entry(name: name, count: host.name.count, site: host.site))
    }
    self.entries = entries
    count = sorted.count
  }

  func site(of name: UnsafePointer<UInt8>, _ length: Int) -> SiteRef? {
    guard let entries else { return nil }
    var (low, high) = (0, count)
    while low < high {
      let middle = (low &+ high) / 2
      let entry = entries + middle
      var order = Int(memcmp(name, entry.pointee.name, min(length, entry.pointee.count)))
      if order == 0 { order = length &- entry.pointee.count }
      if order == 0 { return entry.pointee.site }
      if order < 0 { high = middle } else { low = middle &+ 1 }
    }
    return nil
  }

  mutating func deallocate() {
    for index in 0..<count { entries?[index].name.deallocate() }
    entries?.deallocate()
    self = HostTable()
  }
}
