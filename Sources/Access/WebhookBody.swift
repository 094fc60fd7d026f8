import HTTP
import JSON

/// The body of a trigger: nothing, a JSON object, or a form that carries one as `payload`.
package enum WebhookBody: Sendable {
  case empty
  case object(JSONNode)
  case invalid(String)

  /// By its content: `curl -d '{…}'` calls JSON a form.
  package init(_ bytes: [UInt8]) {
    guard let first = bytes.first(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) else {
      self = .empty
      return
    }
    if first == UInt8(ascii: "{") {
      self.init(json: bytes)
    } else if let payload = FormFields(bytes)?.bytes("payload") {
      self.init(json: payload)
    } else {
      self = .invalid("The body is neither empty, nor a JSON object, nor a form with the field payload.")
    }
  }

  private init(json bytes: [UInt8]) {
    do throws(JSONError) {
      let root = try JSONDocument(bytes: bytes).root
      self = root.kind == .object ? .object(root) : .invalid("The payload is not a JSON object.")
    } catch {
      self = .invalid("The payload is \(error).")
    }
  }
}
