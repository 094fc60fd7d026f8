import Foundation
import Glibc
import HTTP
import Linux
import TestSupport
import Testing

@testable import Server

@Suite(.timeLimit(.minutes(5))) struct ListenerTests {
  @Test func `a port that is taken is named with its setting and what to do`() throws {
    let taken = try Listener.tcp(port: 0, setting: "CONTROL_PORT")
    let error = #expect(throws: ListenError.self) {
      try Listener.tcp(port: taken.port, setting: "CONTROL_PORT")
    }
    #expect(
      error?.description == "CONTROL_PORT \(taken.port) is in use by another process. "
        + "Stop that process or set CONTROL_PORT to a free port.")
  }

  @Test func `a unix socket may have a long path, replaces a stale one and is its owner's alone`()
    async throws
  {
    MainLoopThread.start()
    let folder = FileManager.default.temporaryDirectory.path + "/bascule-\(UUID().uuidString)"
    let deep = folder + "/" + String(repeating: "d", count: 150)
    try FileManager.default.createDirectory(atPath: deep, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = deep + "/bascule.sock"
    _ = try Listener.unix(path: path)
    #expect(FileManager.default.fileExists(atPath: path))

    let server = await HTTPServer { _, peer, respond in respond(.text(200, "\(peer.isLoopback)")) }
    try await server.listen(try Listener.unix(path: path))
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let client = try LoopbackClient(unixPath: path)
    try client.send(get("/"))
    #expect(await client.response()?.text == "true")
    await server.stop(within: .zero)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `a unix socket whose file was taken away is made anew, and what else lies there is left alone`()
    async throws
  {
    MainLoopThread.start()
    let path = FileManager.default.temporaryDirectory.path + "/bascule-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let server = await HTTPServer { _, _, respond in respond(.text(200, "here")) }
    try await server.listen(try Listener.unix(path: path))
    #expect(await server.renewSockets().isEmpty)
    unlink(path)
    #expect(throws: (any Error).self) { try LoopbackClient(unixPath: path) }
    #expect(try await server.renewSockets().map { try $0.get() } == [path])
    let client = try LoopbackClient(unixPath: path)
    try client.send(get("/"))
    #expect(await client.response()?.text == "here")
    unlink(path)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
    #expect(await server.renewSockets().first.map { (try? $0.get()) == nil } == true)
    await server.stop(within: .zero)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
  }

  @Test func `a peer that is gone is asked for signs of life`() async throws {
    let listener = try Listener.tcp(port: 0, setting: "CONTROL_PORT")
    let client = try LoopbackClient(port: listener.port)
    defer { client.close() }
    let accepted = try #require(try listener.accept())
    defer { accepted.socket.close() }
    let tcp = Int32(IPPROTO_TCP)
    for (level, option, wanted) in [
      (SOL_SOCKET, SO_KEEPALIVE, 1), (tcp, TCP_KEEPIDLE, 30), (tcp, TCP_KEEPINTVL, 10), (tcp, TCP_KEEPCNT, 3),
    ] as [(Int32, Int32, Int32)] {
      var value: Int32 = 0
      var length = socklen_t(MemoryLayout<Int32>.size)
      #expect(getsockopt(accepted.socket.raw, level, option, &value, &length) == 0)
      #expect(value == wanted)
    }
  }

  @Test func `a file that is no socket is left alone`() throws {
    let path = FileManager.default.temporaryDirectory.path + "/bascule-\(UUID().uuidString)"
    try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(throws: ListenError.self) { try Listener.unix(path: path) }
    #expect(FileManager.default.fileExists(atPath: path))
  }
}
