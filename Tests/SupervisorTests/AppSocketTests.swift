import Glibc
import Linux
import TestSupport
import Testing

@testable import Supervisor

@Suite(.timeLimit(.minutes(5))) struct AppSocketTests {
  private let folder: TemporaryFolder

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
  }

  private func listener(at path: String) throws -> FileDescriptor {
    let socket = try Socket.stream(AF_UNIX)
    try systemCall("bind") { SocketAddress.unix(path).withRaw { bind(socket.raw, $0, $1) } }
    try systemCall("listen") { listen(socket.raw, 8) }
    return socket
  }

  @MainLoop @Test func `a socket that the app has made is reached, and its name goes with the app`() throws {
    let path = folder.path("1.sock")
    let socket = try #require(AppSocket(path: path, owner: geteuid()))
    #expect(socket.address() == nil)
    let app = try listener(at: path)
    let address = try #require(socket.address())
    let client = try Socket.connect(to: address)
    #expect(Socket.pendingError(client) == nil)
    #expect(accept(app.raw, nil, nil) >= 0)
    socket.remove()
    #expect(Files.kind(path) == nil)
  }

  @MainLoop @Test func `nothing but a socket of the app's own user is taken for one`() throws {
    let elsewhere = try listener(at: folder.path("elsewhere.sock"))
    _ = elsewhere
    try folder.link("link.sock", to: folder.path("elsewhere.sock"))
    try folder.write("file.sock", "")
    #expect(AppSocket(path: folder.path("link.sock"), owner: geteuid())?.address() == nil)
    #expect(AppSocket(path: folder.path("file.sock"), owner: geteuid())?.address() == nil)
    #expect(AppSocket(path: folder.path("elsewhere.sock"), owner: geteuid() + 1)?.address() == nil)
    #expect(AppSocket(path: folder.path("elsewhere.sock"), owner: geteuid())?.address() != nil)
  }

  @MainLoop @Test func `a path that no app could bind is none`() {
    #expect(AppSocket(path: "/" + String(repeating: "a", count: 99), owner: 0) != nil)
    #expect(AppSocket(path: "/" + String(repeating: "a", count: 100), owner: 0) == nil)
  }

  @MainLoop @Test func `a probe asks the socket first, and the port while nobody listens on the socket`()
    async throws
  {
    let path = folder.path("1.sock")
    let socket = try #require(AppSocket(path: path, owner: geteuid()))
    let (port, server) = try await answering("port")
    let before = await Probe.get(port: port, socket: socket, path: "/", timeout: .seconds(50))
    #expect(before.firstBytes == "port")
    #expect(before.address == .loopback(port))

    let app = try listener(at: path)
    let serving = try serve("socket", on: app)
    let after = await Probe.get(port: port, socket: socket, path: "/up", timeout: .seconds(50))
    #expect(after.firstBytes == "socket")
    #expect(after.url == "http://unix:\(path):/up")
    #expect(after.address == socket.address() || after.address != .loopback(port))

    EventLoop.main.remove(serving)
    app.close()
    let stale = await Probe.get(port: port, socket: socket, path: "/", timeout: .seconds(50))
    #expect(stale.firstBytes == "port")
    EventLoop.main.remove(server)
  }

  @MainLoop private func answering(_ body: String) async throws -> (UInt16, EventLoop.Registration) {
    let port = try #require(Socket.freePort())
    let socket = try Socket.stream(AF_INET)
    try systemCall("bind") { SocketAddress.loopback(port).withRaw { bind(socket.raw, $0, $1) } }
    try systemCall("listen") { listen(socket.raw, 8) }
    return (port, try serve(body, on: socket))
  }

  /// The answer is there before the request: a probe does not mind.
  @MainLoop private func serve(_ body: String, on socket: FileDescriptor) throws -> EventLoop.Registration {
    try EventLoop.main.add(socket.raw, .read) { _ in
      let client = accept(socket.raw, nil, nil)
      guard client >= 0 else { return }
      let answer = FileDescriptor(owning: client)
      try? answer.writeAll(Array("HTTP/1.1 200 OK\r\n\r\n\(body)".utf8))
      shutdown(client, Int32(SHUT_WR))
      // Closed with the request unread it would be a reset.
      EventLoop.main.after(.milliseconds(200)) { answer.close() }
    }
  }
}
