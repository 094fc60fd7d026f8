import Glibc

/// Names of hosts in lower case, and whose they are, in memory of its own. Half of the places are free, so that
/// nearly every search ends at the first one.
struct HostTable {
  /// Of a name, byte by byte (FNV-1a). Who asks has no say in what the table holds.
  struct Hash {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    @inline(__always)
    mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  private struct Place {
    var hash: UInt64 = 0
    var name: UnsafeMutablePointer<UInt8>?
    var count = 0
    var site: SiteRef?
  }

  private var places: UnsafeMutablePointer<Place>?
  private var mask = 0
  private(set) var count = 0

  init() {}

  /// Of two that have the same name the first one has it.
  init(_ hosts: [(name: [UInt8], site: SiteRef)]) {
    guard !hosts.isEmpty else { return }
    var size = 8
    while size < hosts.count * 2 { size *= 2 }
    let places = UnsafeMutablePointer<Place>.allocate(capacity: size)
    places.initialize(repeating: Place(), count: size)
    self.places = places
    mask = size - 1
    for host in hosts { add(host.name, host.site, to: places) }
  }

  private mutating func add(_ name: [UInt8], _ site: SiteRef, to places: UnsafeMutablePointer<Place>) {
    var hash = Hash()
    for byte in name { hash.add(byte) }
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, name.count))
    for (at, byte) in name.enumerated() { copy[at] = byte }
    let place = places + index(of: copy, name.count, hash, in: places)
    if place.pointee.site != nil { return copy.deallocate() }
    place.initialize(to: Place(hash: hash.value, name: copy, count: name.count, site: site))
    count += 1
  }

  /// `hash` is the name's.
  @inline(__always)
  func site(of name: UnsafePointer<UInt8>, _ length: Int, _ hash: Hash) -> SiteRef? {
    guard let places else { return nil }
    return places[index(of: name, length, hash, in: places)].site
  }

  /// Where it is, or would be.
  @inline(__always)
  private func index(
    of name: UnsafePointer<UInt8>, _ length: Int, _ hash: Hash, in places: UnsafeMutablePointer<Place>
  ) -> Int {
    var index = Int(truncatingIfNeeded: hash.value) & mask
    while let other = places[index].name {
      if places[index].hash == hash.value, places[index].count == length, memcmp(name, other, length) == 0 {
        break
      }
      index = (index &+ 1) & mask
    }
    return index
  }

  mutating func deallocate() {
    if let places {
      for index in 0...mask { places[index].name?.deallocate() }
      places.deallocate()
    }
    self = HostTable()
  }
}
