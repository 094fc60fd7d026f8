import Glibc
import Linux

/// What deliveries brought, in files that are only added to: in the database each would be written twice, and its
/// pages moved about. Of a manager that was killed there may be bytes that no row knows of.
@MainLoop
final class PayloadSegments {
  struct Place: Equatable {
    let segment: Int64
    let offset: Int64
    let size: Int64
  }

  private let folder: String
  private let length: Int64
  private var current: (number: Int64, file: FileDescriptor, end: Int64)?

  /// The newest, which grows, and the one before it.
  private nonisolated static let kept = 2

  init(folder: String, length: Int64 = 32 << 20) {
    self.folder = folder
    self.length = length
  }

  /// nil where there is no room: a payload is no reason to refuse a delivery.
  func append(_ bytes: [UInt8]) -> Place? {
    guard let (number, file, end) = segment(for: bytes.count) else { return nil }
    // At its place, not at the end: half of one, for which there was no room, is written over.
    let written = bytes.withUnsafeBytes { pwrite(file.raw, $0.baseAddress, $0.count, off_t(end)) }
    guard written == bytes.count else { return nil }
    let place = Place(segment: number, offset: end, size: Int64(bytes.count))
    current?.end += place.size
    return place
  }

  /// nil where its segment is gone.
  func read(_ place: Place) -> [UInt8]? {
    guard place.offset >= 0, let size = Int(exactly: place.size),
      (0...Delivery.longestPayload).contains(size),
      let file = current.flatMap({ $0.number == place.segment ? $0.file : nil })
        ?? (try? FileDescriptor.open(path(place.segment), O_RDONLY | O_NOFOLLOW))
    else { return nil }
    let bytes = file.read(at: place.offset, size)
    return bytes.count == size ? bytes : nil
  }

  private func segment(for count: Int) -> (number: Int64, file: FileDescriptor, end: Int64)? {
    if current == nil { open(max(1, Self.numbers(in: folder).last ?? 1)) }
    if let (number, _, end) = current, end > 0, end + Int64(count) > length {
      open(number + 1)
      removeOld()
    }
    return current
  }

  private func open(_ number: Int64) {
    current = nil
    guard (try? Files.makeDirectory(folder, mode: 0o700)) != nil,
      let file = try? FileDescriptor.open(path(number), O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    else { return }
    current = (number, file, file.size)
  }

  private func removeOld() {
    let folder = folder
    Task { @MainLoop in
      await Blocking.disk.run {
        for number in Self.numbers(in: folder).dropLast(Self.kept) {
          _ = unlink(Self.path(folder, number))
        }
      }
    }
  }

  private func path(_ number: Int64) -> String { Self.path(folder, number) }

  private nonisolated static func path(_ folder: String, _ number: Int64) -> String {
    "\(folder)/\(number).payloads"
  }

  private nonisolated static func numbers(in folder: String) -> [Int64] {
    ((try? Files.list(folder)) ?? []).compactMap { name in
      name.hasSuffix(".payloads") ? Int64(name.dropLast(".payloads".count)) : nil
    }.sorted()
  }
}
