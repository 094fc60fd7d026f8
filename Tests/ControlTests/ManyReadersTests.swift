import Foundation
import Glibc
import HTTP
import Linux
import Server
import TestSupport
import Testing

@testable import Control

@Suite(.timeLimit(.minutes(5))) struct ManyReadersTests {
  private static let readers = 1000
  private static let events = 300

  @Test func `a thousand readers of a hundred events a second all get everything`() async throws {
    DescriptorLimit.raise()
    var limits = Limits()
    limits.connections = 4096
    try await ApiServer.with(limits: limits) { api in
      let id = try await api.manager.deployment(of: "main")
      let request = ApiServer.request("GET", "/api/deployments/\(id)/stream")
      let crowd = try await Crowd(Self.readers, port: api.port, request: request)
      while await api.server.openConnections < Self.readers { try await Task.sleep(for: .milliseconds(10)) }
      try await crowd.wait()
      let begin = await Self.loopTime()
      let start = ContinuousClock.now
      for number in 0..<Self.events {
        await MainLoopThread.run {
          api.manager.say("log", "line \(number) of a build that talks a lot", in: id)
        }
        try await Task.sleep(until: start + .milliseconds(10) * (number + 1))
      }
      let cost = await (Self.loopTime() - begin) / (ContinuousClock.now - start)
      await MainLoopThread.run { api.manager.finish(id) }
      let counts = await crowd.counts()
      #expect(counts == Array(repeating: Self.events + 2, count: Self.readers))
      print("\(Self.readers) readers at 100 events/s cost \(Int(cost * 100)) % of a core")
      // Beside other tests, which share the loop, it says nothing.
      if ProcessInfo.processInfo.environment["BASCULE_FIGURES"] != nil { #expect(cost < 0.5) }
    }
  }

  @MainLoop private static func loopTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}

/// Many clients on one thread, which count the events that each gets.
private final class Crowd: Sendable {
  private let sockets: [FileDescriptor]

  /// Not all in one moment: other tests use the same loop.
  init(_ count: Int, port: UInt16, request: String) async throws {
    var sockets: [FileDescriptor] = []
    for _ in 0..<count {
      let socket = FileDescriptor(
        owning: try systemCall("socket") { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) })
      try systemCall("connect") { SocketAddress.loopback(port).withRaw { connect(socket.raw, $0, $1) } }
      try socket.writeAll(Array(request.utf8))
      sockets.append(socket)
      try await Task.sleep(for: .milliseconds(1))
    }
    self.sockets = sockets
  }

  /// Until every stream has begun.
  func wait() async throws {
    for socket in sockets {
      while true {
        var byte: UInt8 = 0
        if recv(socket.raw, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 1 { break }
        try await Task.sleep(for: .milliseconds(5))
      }
    }
  }

  /// When all streams have ended.
  func counts() async -> [Int] {
    await withCheckedContinuation { continuation in
      Thread { continuation.resume(returning: self.read()) }.start()
    }
  }

  private func read() -> [Int] {
    sockets.map { socket in
      var text: [UInt8] = []
      let end = Array("\r\n0\r\n\r\n".utf8)
      while !text.suffix(end.count).elementsEqual(end), let more = try? socket.read(upTo: 65536),
        !more.isEmpty
      {
        text += more
      }
      return String(decoding: text, as: UTF8.self).split(separator: "\n").count { $0.hasPrefix("data: ") }
    }
  }
}
