/// A client's connection, and the exchange that is under way on it.
///
/// Plain old data; the text of its address follows it in memory (see `address(of:)`).
struct Client: Linked {
  enum Phase: UInt8 {
    /// Waits for a request, or has a part of its head.
    case head
    /// The request waits: for a release, or for a connection that was refused.
    case parked
    case exchange
    case tunnel
    /// Everything is said; what is left goes out, then it ends.
    case closing
    /// Said goodbye; what still comes is thrown away, so that the goodbye is not lost.
    case lingering
  }

  enum List: UInt8 { case none, idle, busy, parked }
  enum Route: UInt8 { case nowhere, site, webhook, fallback }

  var endpoint: Endpoint
  var phase = Phase.head
  var list = List.none
  var isReady = false
  /// Its request goes out at the end of the turn. Those of a turn go one right after the other, since an app that
  /// sleeps in between has to be woken for each, and that is dearer than all that is done for a request here.
  var awaitsDispatch = false
  var next: ClientRef?
  var previous: ClientRef?
  var nextReady: ClientRef?
  /// Of the request at hand, or the one before.
  var site: SiteRef
  /// Milliseconds of the loop's clock; 0: none. What it means depends on the phase.
  var deadline: Int64 = 0

  /// A site's port, by which it came in; 0: the host that a request names decides.
  let ownPort: UInt16
  /// That port is closed: this connection ends with its next answer.
  var isLeaving = false
  let isTrusted: Bool
  let addressLength: UInt8

  /// Bytes that were read and not yet looked at, or not to the end.
  var inbox = Buffer()
  var hasUnparsed = false
  var scanned: UInt32 = 0

  // The request.
  var upstream: UpstreamRef?
  /// The request as it goes to the app, for as long as it may have to go once more.
  var replay = Buffer()
  var replaySent: UInt32 = 0
  /// Nothing of it was sent that is not in `replay`.
  var isReplayWhole = true
  var route = Route.nowhere
  var method = Method.other
  var minorVersion: UInt8 = 1
  var upgrade = Upgrade.none
  var requestFraming = Framing.none
  var isRequestDone = true
  /// The app takes no more of it.
  var isRequestCut = false
  var expectsContinue = false
  var keepsAlive = true
  var retries: UInt8 = 0
  var needsFreshConnection = false
  var isAsset = false
  /// It waits for a descriptor, not for the app.
  var isShort = false
  /// Of a connect that is refused again and again: when to give up.
  var refusedUntil: Int64 = 0
  var requestRemaining: UInt64 = 0
  var requestChunks = ChunkScanner()
  /// Microseconds of the loop's clock.
  var startedAt: Int64 = 0

  // The response.
  var responseFraming = Framing.none
  /// A final head has come, and was sent on.
  var hasResponse = false
  var hasContinued = false
  /// The answer began before the request was whole, and the rest of that still goes to the app.
  var isBodyWanted = false
  /// All of the answer was sent on meanwhile.
  var isResponseDone = false
  var closesAfter = false
  var isEventStream = false
  var dropsChunked = false
  /// Its release is to go: it ends at the next boundary.
  var isEnding = false
  var isEnded = false
  /// Of a tunnel: the client, or the app, sends no more.
  var isInputOver = false
  var isOutputOver = false
  var status: UInt16 = 0
  var responseRemaining: UInt64 = 0
  var responseChunks = ChunkScanner()
  var events = EventStreamScanner()
  var frames = FrameScanner()
  var sentBytes: UInt64 = 0
  var record: AccessRecordRef?

  var isStream: Bool { phase == .tunnel || isEventStream }
}
