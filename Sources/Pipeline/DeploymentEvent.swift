import JSON
import Linux

/// What happens in a deployment, said once and heard by the log, the record and every follower.
package struct DeploymentEvent: Sendable {
  package enum Kind: String, Sendable {
    case start, phase, info, log, warn, error, success, complete, end
  }

  package let kind: Kind
  package var message: String
  package var code: Int32?
  package var error: String?
  package var phase: Phase?
  package var step: String?
  package var stream: String?
  package let at: Timestamp

  package init(_ kind: Kind, _ message: String, at: Timestamp = .now) {
    self.kind = kind
    self.message = message
    self.at = at
  }

  package var json: JSONValue {
    var members: [(String, JSONValue)] = [("type", .string(kind.rawValue))]
    if !message.isEmpty || kind == .log { members.append(("message", .string(message))) }
    if let code { members.append(("code", .int(Int64(code)))) }
    if let error { members.append(("error", .string(error))) }
    members.append(("at", .string(at.iso8601())))
    if let phase { members.append(("phase", .int(Int64(phase.rawValue)))) }
    if let step { members.append(("step", .string(step))) }
    if let stream { members.append(("stream", .string(stream))) }
    return .object(members)
  }
}

package enum Phase: Int, Sendable, CaseIterable {
  case prepare = 1
  case install, build, start

  package var title: String {
    switch self {
    case .prepare: "Prepare the release"
    case .install: "Fetch the code and install"
    case .build: "Build"
    case .start: "Start and switch"
    }
  }
}
