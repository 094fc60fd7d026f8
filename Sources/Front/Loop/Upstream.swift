/// A connection to an app.
struct Upstream: Linked {
  var endpoint: Endpoint
  let backend: BackendRef
  /// nil: it idles in the backend's pool.
  var client: ClientRef?
  var next: UpstreamRef?
  var previous: UpstreamRef?
  /// It has answered a request before this one.
  var isReused = false
  var isConnected = false
  /// The app keeps it after this answer.
  var keepsAlive = true
  /// A byte of the answer to the request at hand has come.
  var hasAnswered = false
  /// Milliseconds of the loop's clock.
  var idleSince: Int64 = 0
  /// Bytes sent in all when the request at hand began.
  var sentBefore: UInt64 = 0
  var sent: UInt64 = 0
  /// A part of a response's head.
  var inbox = Buffer()
  var scanned: UInt32 = 0
}
