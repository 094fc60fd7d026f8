import Foundation
import Testing

/// ASSET_PATHS: what the new release does not have any more comes from the one before.
@Suite(.fewAtATime, .onItsOwnThread)
struct OldAssets {
  @Test func `an old asset is still there for pages that were loaded before the switch`() async throws {
    let settings = ["ASSET_PATHS": "/assets/,/static", "WATCH_TIME": "60"]
    try await withFrontedApp(settings, EchoMode(assets: ["old.js", "both.js"])) { manager, repository in
      try await repository.commitEcho("2", EchoMode(assets: ["new.js", "both.js"]))
      try await manager.deployByHand()
      let client = try manager.client()
      #expect(try client.get("/assets/old.js").text == "/assets/old.js of 1")
      #expect(try client.get("/assets/new.js").text == "/assets/new.js of 2")
      #expect(try client.get("/assets/both.js").text == "/assets/both.js of 2")
      let none = try client.get("/assets/none.js")
      #expect(none.status == 404)
      #expect(none.text == "none\n")
      #expect(try client.post("x", to: "/assets/old.js").status == 404, "only what may be asked twice")
      #expect(try client.ask("HEAD /assets/old.js HTTP/1.1\r\nHost: h\r\n\r\n").status == 200)
      #expect(try client.get("/echo")["x-release"] == "2")
    }
  }

  /// An app that writes its answers in two pieces, as its network may as well.
  @Test func `an asset that was asked for twice leaves nothing behind for the next answer`() async throws {
    let app = """
      const release = process.env.RELEASE!;
      const answer = (socket: any, status: string, body: string) => {
        socket.write(`HTTP/1.1 ${status}\\r\\nX-Fo`);
        setTimeout(() => socket.write(`o: a\\r\\nContent-Length: ${body.length}\\r\\n\\r\\n${body}`), 10);
      };
      Bun.listen({
        hostname: "127.0.0.1",
        port: Number(process.env.PORT),
        socket: {
          data(socket, bytes) {
            const has = release === "1" || !bytes.toString().startsWith("GET /assets/");
            answer(socket, has ? "200 OK" : "404 Not Found", has ? `release ${release}` : "");
          },
        },
      });
      """
    let settings = ["ASSET_PATHS": "/assets/", "WATCH_TIME": "60", "START_COMMAND": "bun raw.ts"]
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try repository.write("raw.ts", Data(app.utf8))
      try await repository.commit("1")
      let manager = try await Manager.start(
        in: workspace, ["GIT_REPO": repository.path].merging(settings) { $1 })
      try await manager.untilReady()
      try await manager.untilIdle()
      try await repository.commit("2")
      try await manager.deployByHand()
      let client = try manager.client()
      for _ in 0..<10 {
        #expect(try client.get("/assets/x").text == "release 1")
        #expect(try client.get("/").text == "release 2")
      }
    }
  }
}
