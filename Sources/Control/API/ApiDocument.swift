import HTTP
import JSON
import Linux

/// The OpenAPI document, made of the table that the requests are routed by: the two cannot disagree.
@MainLoop
enum ApiDocument {
  static func route(describing routes: [ApiRoute], at door: ApiDoor) -> ApiRoute {
    var route = ApiRoute("GET", "/api/openapi.json", .open, "This document.")
    route.answers = [.json(200, "OpenApi", "OpenAPI 3.1.")]
    let described = routes + [route]
    // Made when it is asked for, which is seldom: whoever idles need not hold it.
    route.handler = { _, _ async throws(ControlFailure) in .json(200, document(described, at: door)) }
    return route
  }

  private static func document(_ routes: [ApiRoute], at door: ApiDoor) -> JSONValue {
    let paths = Dictionary(grouping: routes, by: \.template.text).sorted { $0.key < $1.key }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Bascule", "version": "1",
        "description": "Projects, deployments and their record. Errors are JSON with a code and a sentence.",
      ],
      "paths": .object(
        paths.map { path, routes in
          (path, .object(routes.map { ($0.method.lowercased(), operation($0, at: door)) }))
        }),
      "components": [
        "schemas": .object(ApiSchemas.all),
        "responses": .object(errors(of: routes).map { ("Error\($0)", error($0)) }),
        "securitySchemes": .object(door.isSocket ? [] : securitySchemes),
      ],
    ]
  }

  private static let securitySchemes: [(String, JSONValue)] = [
    ("token", ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"]),
    ("session", ["type": "apiKey", "in": "cookie", "name": "bascule_session"]),
    (
      "signature",
      [
        "type": "apiKey", "in": "header", "name": "X-Webhook-Signature",
        "description": """
        `sha256=` and in hex the HMAC-SHA256, keyed with WEBHOOK_SECRET, of the method, a space and the target as \
        sent, such as `GET /api/deployments/12`. Only while WEBHOOK_SECRET is set.
        """,
      ]
    ),
  ]

  private static func operation(_ route: ApiRoute, at door: ApiDoor) -> JSONValue {
    var members: [(String, JSONValue)] = [("summary", .string(route.summary))]
    if route.access != .open, !door.isSocket {
      let ways = ["token", "session"] + (route.access == .callerOrSigner ? ["signature"] : [])
      members.append(("security", .array(ways.map { .object([($0, .array([]))]) })))
    }
    var parameters = route.template.parameterNames.map(pathParameter) + route.query.map(queryParameter)
    if route.isResumable { parameters.append(lastEventID) }
    if !parameters.isEmpty { members.append(("parameters", .array(parameters))) }
    if let body = route.body { members.append(("requestBody", requestBody(body))) }
    let answers =
      route.answers.map { (String($0.status), answer($0)) }
      + route.allErrors.map { (String($0), ["$ref": .string("#/components/responses/Error\($0)")]) }
    members.append(("responses", .object(answers)))
    return .object(members)
  }

  // MARK: What is asked

  private static func pathParameter(_ name: String) -> JSONValue {
    ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string", "minLength": 1]]
  }

  private static func queryParameter(_ field: ApiField) -> JSONValue {
    [
      "name": .string(field.name), "in": "query", "required": .bool(field.isRequired),
      "description": .string(field.about), "schema": field.type.schema(),
    ]
  }

  private static let lastEventID: JSONValue = [
    "name": "Last-Event-ID", "in": "header", "required": false, "schema": ["type": "string"],
    "description": "The id of the event that was seen last; of one that makes no sense, the beginning.",
  ]

  private static func requestBody(_ fields: [ApiField]) -> JSONValue {
    let properties = fields.map { field -> (String, JSONValue) in
      guard case .object(let schema) = field.type.schema(orNull: !field.isRequired) else {
        return (field.name, true)
      }
      return (field.name, .object(schema + [("description", .string(field.about))]))
    }
    let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
    let schema: JSONValue = [
      "type": "object", "additionalProperties": false, "properties": .object(properties),
      "required": .array(required),
    ]
    return [
      "required": .bool(!required.isEmpty), "content": ["application/json": ["schema": schema]],
    ]
  }

  // MARK: What is answered

  private static func answer(_ answer: ApiAnswer) -> JSONValue {
    var members: [(String, JSONValue)] = [("description", .string(answer.about))]
    if !answer.content.isEmpty {
      let content = answer.content.map { ($0.type, ["schema": ApiSchemas.reference($0.schema)] as JSONValue) }
      members.append(("content", .object(content)))
    }
    return .object(members)
  }

  private static func errors(of routes: [ApiRoute]) -> [Int] { Set(routes.flatMap(\.allErrors)).sorted() }

  private static func error(_ status: Int) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("description", .string(Status.reason(status))),
      ("content", ["application/json": ["schema": ApiSchemas.reference("Error")]]),
    ]
    let header: (name: String, type: JSONValue)? =
      switch status {
      case 401: ("WWW-Authenticate", "string")
      case 429: ("Retry-After", "integer")
      default: nil
      }
    if let header {
      let schema: JSONValue = ["schema": ["type": header.type]]
      members.append(("headers", .object([(header.name, schema)])))
    }
    return .object(members)
  }
}

extension ApiRoute {
  /// Its own, and those that the server answers with before a route is asked.
  var allErrors: [Int] {
    var all: Set = [400, 408, 413, 414, 417, 431, 500, 503]
    if access != .open { all.formUnion([401, 429]) }
    if access == .admin { all.insert(403) }
    if !template.parameterNames.isEmpty || query.contains(where: { $0.name == "slug" }) { all.insert(404) }
    if body != nil { all.insert(415) }
    return all.union(errors).sorted()
  }

  var isResumable: Bool { query.contains { $0.name == "lastEventId" } }
}
