import HTTP
import Linux
import Server

/// One line of the table: what is routed by it and what the document says of it.
struct ApiRoute {
  enum Access {
    /// Anyone, without a word.
    case open
    /// Anyone known: admins all, others their own projects.
    case caller
    /// The same, and whoever signs the request with WEBHOOK_SECRET: to read what became of a trigger.
    case callerOrSigner
    case admin
  }

  /// nil: the handler has taken the responder itself.
  typealias Handler = @MainLoop (ApiCall, Responder) async throws(ControlFailure) -> Response?

  let method: String
  let template: PathTemplate
  let access: Access
  /// What it does, as the document says it.
  let summary: String
  var isForSocketOnly = false
  /// Answered with a stream, of which there are only so many at a time.
  var isStream = false
  /// A GET that does has no HEAD, and comes with a cookie only from a page of our own.
  var changesState: Bool
  var query: [ApiField] = []
  var body: [ApiField]?
  var answers: [ApiAnswer] = []
  /// Statuses of its own besides those that any route may answer with.
  var errors: [Int] = []
  var handler: Handler = { _, _ in nil }

  init(_ method: String, _ template: String, _ access: Access, _ summary: String) {
    self.method = method
    self.template = PathTemplate(template)
    self.access = access
    self.summary = summary
    changesState = method != "GET"
  }

  var bodyLimit: Int { 64 << 10 }
  var allowsHead: Bool { method == "GET" && !changesState }
}

/// A good answer.
struct ApiAnswer: Sendable {
  let status: Int
  let about: String
  /// Media types with the names of their schemas.
  let content: [(type: String, schema: String)]

  static func json(_ status: Int, _ schema: String, _ about: String) -> ApiAnswer {
    ApiAnswer(status: status, about: about, content: [("application/json", schema)])
  }

  static func empty(_ status: Int, _ about: String) -> ApiAnswer {
    ApiAnswer(status: status, about: about, content: [])
  }
}
