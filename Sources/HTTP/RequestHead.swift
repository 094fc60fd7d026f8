package struct RequestHead: Sendable {
  package let method: String
  /// As it came, percent signs and all, without the query.
  package let path: String
  package let rawQuery: String?
  package let headers: Headers
  package let isHTTP10: Bool
  package let expectsContinue: Bool
  let framing: BodyDecoder.Framing

  /// The body's length where it is known beforehand.
  package var contentLength: Int? { if case .length(let length) = framing { length } else { nil } }

  /// nil when the query is not well formed; without a query it has no fields.
  package var query: FormFields? { FormFields(Array((rawQuery ?? "").utf8)) }

  package var keepsAlive: Bool {
    isHTTP10
      ? headers.lists("keep-alive", in: "Connection") : !headers.lists("close", in: "Connection")
  }
}

package struct Request: Sendable {
  package let head: RequestHead
  package let body: [UInt8]

  package init(head: RequestHead, body: [UInt8]) {
    self.head = head
    self.body = body
  }
}
