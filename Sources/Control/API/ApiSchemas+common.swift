import JSON

extension ApiSchemas {
  static let common: [(String, JSONValue)] = [
    ("Error", closed([("error", closed([("code", text), ("message", text)]))])),
    ("OpenApi", open([("openapi", text), ("info", open([])), ("paths", open([]))])),
    ("EventStream", frame),
    ("LogText", text),
    ("Event", event),
    ("Caller", closed([("name", text), ("isAdmin", flag)])),
    ("Token", closed([("token", text)])),
  ]

  /// One server-sent event.
  private static let frame = open(
    [
      ("id", text),
      (
        "data",
        ["type": "string", "contentMediaType": "application/json", "contentSchema": reference("Event")]
      ),
    ])

  private static let event = open(
    [
      ("type", choice("start", "phase", "info", "log", "warn", "error", "success", "complete", "end")),
      ("at", time),
    ],
    optional: [
      ("message", text), ("code", number), ("error", text), ("phase", number), ("step", text),
      ("stream", text),
    ])
}
