import HTTP
import Linux
import Server
import TestSupport

/// A server on a free port of loopback, gone at the end of `body`.
func withServer(
  _ adjust: (inout Limits) -> Void = { _ in }, admit: HTTPServer.Admit? = nil,
  handler: @escaping HTTPServer.Handler, body: (UInt16, HTTPServer) async throws -> Void
) async throws {
  MainLoopThread.start()
  var limits = Limits()
  adjust(&limits)
  let server = await HTTPServer(limits: limits, admit: admit, handler: handler)
  let listener = try Listener.tcp(port: 0, setting: "CONTROL_PORT")
  try await server.listen(listener)
  do {
    try await body(listener.port, server)
  } catch {
    await server.stop(within: .zero)
    throw error
  }
  await server.stop(within: .zero)
}

/// Answers with what it was asked.
@MainLoop func echo(_ request: Request, _ peer: Peer, _ respond: Responder) {
  let body = String(decoding: request.body, as: UTF8.self)
  respond(.text(200, "\(request.head.method) \(request.head.path) \(body)"))
}

func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n" }

func post(_ path: String, length: Int, _ more: String = "") -> String {
  "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\(more)\r\n"
}
