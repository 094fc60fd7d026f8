import Linux
import Server

extension LoginRoutes {
  /// What the document says of these routes, which answer by themselves.
  static var described: [ApiRoute] { [loginRoute, logoutRoute, sessionRoute] }

  private static var loginRoute: ApiRoute {
    var route = ApiRoute(
      "POST", "/api/login", .open, "Begins a session, whose cookie `bascule_session` stands for a token.")
    route.body = [.required("password", .text(1...1024), "ADMIN_PASSWORD.")]
    route.answers = [.json(200, "Caller", "Who is logged in now. `Set-Cookie` has the session.")]
    route.errors = [401, 403, 429]
    return route
  }

  private static var logoutRoute: ApiRoute {
    var route = ApiRoute("POST", "/api/logout", .open, "Ends the session of the request's cookie.")
    route.answers = [.empty(204, "There is none any more.")]
    route.errors = [403]
    return route
  }

  private static var sessionRoute: ApiRoute {
    var route = ApiRoute(
      "GET", "/api/session", .caller, "Who asks. A session that is used for long gets a new cookie here.")
    route.answers = [.json(200, "Caller", "The bearer of the token, or who is logged in.")]
    return route
  }
}
