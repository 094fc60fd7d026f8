import Glibc

/// How many descriptors the front may use: one for each client, one more for each request that is in flight.
enum Descriptors {
  /// For everything else in this process.
  private static let reserve = 128

  static var available: Int {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return max(32, Int(clamping: limit.rlim_cur) - reserve)
  }
}
