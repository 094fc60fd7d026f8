import JSON

extension ApiSchemas {
  static let record: [(String, JSONValue)] = [
    ("Delivery", delivery),
    ("DeliveryList", page(of: "Delivery")),
    ("Action", action),
    ("ActionList", page(of: "Action")),
    ("NotifyAnswer", ["type": "object"]),
  ]

  private static let delivery = open(
    [
      ("guid", text), ("at", time), ("provider", text), ("event", textOrNull),
      ("verdict", text), ("reason", textOrNull), ("project", textOrNull), ("deployment", numberOrNull),
    ])

  private static let action = open(
    [
      ("id", number), ("at", time), ("actor", text), ("action", text), ("project", textOrNull),
      ("detail", textOrNull),
    ])
}
