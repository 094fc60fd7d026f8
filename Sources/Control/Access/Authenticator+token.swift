import Access

extension Authenticator {
  /// `bascule token`: thirty days unless something else is asked for.
  package func token(for wish: TokenWish) throws(ControlFailure) -> String {
    do throws(JWTProblem) {
      return try issue(
        sub: wish.subject, isAdmin: wish.isAdmin, ttl: .seconds(wish.seconds ?? 30 * 86_400))
    } catch {
      throw ControlFailure(.unprocessable, "no token can be made: \(error)")
    }
  }
}
