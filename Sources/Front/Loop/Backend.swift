import Glibc
import Linux

/// What one loop knows of one target.
struct Backend {
  let target: Unmanaged<Target>
  var address = sockaddr_storage()
  var addressLength: socklen_t = 0
  let isUnix: Bool
  /// The newest first, so that those not needed grow old.
  var idle = LinkedList<Upstream>()
  var active = LinkedList<Upstream>()
  var tally = Tally()
  /// How long idle connections live here, as far as has been seen.
  var idleness = Idleness()
  /// A serve, a drain or a setting speaks of it: its connections are worth keeping.
  var isWanted = false
  var drain: Drain?

  init(_ target: Target) {
    self.target = .passRetained(target)
    isUnix = target.address.family == AF_UNIX
    var storage = sockaddr_storage()
    addressLength = target.address.withRaw { raw, length in
      memcpy(&storage, raw, min(Int(length), MemoryLayout<sockaddr_storage>.size))
      return length
    }
    address = storage
  }

  var inFlight: Int { active.count }
}

/// The wait for a backend's last requests. Milliseconds of the loop's clock.
struct Drain {
  let requestsUntil: Int64
  let streamsUntil: Int64
  var isEndingStreams = false
  var report = DrainReport()
  let done: (DrainReport) -> Void
}
