import HTTP
import Linux

/// Answers one request: at once, later in the turn, or after any time. Only the first answer counts.
@MainLoop
package final class Responder {
  private weak var connection: Connection?
  let head: RequestHead

  init(_ connection: Connection, _ head: RequestHead) {
    self.connection = connection
    self.head = head
  }

  package func callAsFunction(_ response: Response) {
    connection?.answer(response, to: self)
    connection = nil
  }

  /// With what an async function returns.
  package func answer(with body: @escaping @MainLoop () async -> Response) {
    Task { @MainLoop in self(await body()) }
  }

  /// Why there can be no stream at the moment: enough connections are streams already. To be asked before anything is
  /// done for one.
  package var refusalOfStream: Response? {
    guard let server = connection?.server, server.openStreams >= server.limits.streams else { return nil }
    var response = Response.error(503, "There are too many streams already. Try again soon.")
    response.headers.append(("Retry-After", "5"))
    return response
  }

  /// With a body that is written as it comes about; that of `response` is not sent.
  package func stream(_ response: Response) -> StreamWriter {
    defer { connection = nil }
    return connection?.stream(response, to: self) ?? StreamWriter(nil, isChunked: false)
  }
}
