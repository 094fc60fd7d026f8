import JSON
import Linux

/// What a forge sent, and what was made of it.
package struct Delivery: Sendable {
  /// What is kept of a body; of a longer one nothing, and it cannot be replayed.
  package static let longestPayload = 1 << 20

  package internal(set) var id: Int64 = 0
  package let guid: String
  package var at: Timestamp
  package let provider: String
  package let event: String?
  /// queued, duplicate, ignored, refused and the like.
  package var verdict: String
  package var reason: String?
  package var project: String?
  package var deployment: Int64?
  /// nil in a list.
  package var payload: [UInt8]?

  package init(guid: String, at: Timestamp = .now, provider: String, event: String?, verdict: String) {
    self.guid = guid
    self.at = at
    self.provider = provider
    self.event = event
    self.verdict = verdict
  }

  package var json: JSONValue {
    [
      "guid": .string(guid), "at": .string(at.iso8601()), "provider": .string(provider),
      "event": JSONValue(event), "verdict": .string(verdict), "reason": JSONValue(reason),
      "project": JSONValue(project), "deployment": JSONValue(deployment),
    ]
  }
}
