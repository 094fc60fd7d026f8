import Foundation
import Synchronization

/// Where notifications go: keeps each and answers what it is told to.
final class NewsReceiver: Sendable {
  struct News: Sendable {
    let delivery: String
    let event: String
    let signature: String?
    let body: Data

    var json: JSON { get throws { try JSON(parsing: body) } }
  }

  private let upstream: ScriptedUpstream
  private let kept: Kept

  private final class Kept: Sendable {
    let news = Mutex<[News]>([])
  }

  init(port: Int = 0, answering status: String = "204 No Content") throws {
    let kept = Kept()
    self.kept = kept
    upstream = try ScriptedUpstream(port: port) { stream, _ in
      while let request = try stream.readRequest(), request.isWhole {
        kept.news.withLock {
          $0.append(
            News(
              delivery: request["x-webhook-delivery"] ?? "", event: request["x-webhook-event"] ?? "",
              signature: request["x-webhook-signature"], body: Data(request.body)))
        }
        try stream.send("HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n")
      }
    }
  }

  var url: String { "http://\(upstream.address)/hook" }
  var news: [News] { kept.news.withLock { $0 } }

  func wait(for event: String, _ manager: Manager, count: Int = 1) async throws -> News {
    try await manager.whileRunning("\(event) is told") {
      let found = news.filter { $0.event == event }
      return found.count >= count ? found[count - 1] : nil
    }
  }
}
