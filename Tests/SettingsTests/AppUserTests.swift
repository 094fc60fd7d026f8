import Linux
import Settings
import Testing

@Suite struct AppUserTests {
  @Test func `root hands over to bun where there is one`() throws {
    #expect(try load().appUser?.name == "bun")
    #expect(try Settings.load(from: .fake(hasBun: false)).appUser == nil)
  }

  @Test func `root hands over to whom APP_USER names`() throws {
    #expect(try load(["APP_USER": "alice"]).appUser?.identity.uid == 1001)
  }

  @Test func `an unknown user is refused`() {
    #expect(
      refusal(["APP_USER": "eve"])
        == [
          #"APP_USER holds "eve", whom this system does not know; it may hold the name of a user of this system."#
        ])
  }

  @Test func `who is not root stays who they are`() throws {
    #expect(try load(user: 1001).appUser == nil)
    #expect(try load(["APP_USER": "alice"], user: 1001).appUser == nil)
    #expect(refusal(["APP_USER": "bun"], user: 1001).count == 1)
  }
}
