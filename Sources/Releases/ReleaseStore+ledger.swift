import Glibc
import Linux

extension ReleaseStore {
  /// The ledger, rebuilt from what is on disk when it is missing or damaged; then with a sentence about that.
  func load() throws(ReleaseError) -> (ledger: Ledger, warning: String?) {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try Files.read(layout.ledger)
    } catch {
      guard error.isMissing else {
        throw ReleaseError("Could not read \(layout.ledger): \(error.reason).", cause: error)
      }
      return try rebuild(setAside: nil)
    }
    if let ledger = Ledger(json: bytes) { return (ledger, nil) }
    let aside = "\(layout.ledger).damaged-\(Timestamp.now.milliseconds)"
    try attempt("set the damaged \(layout.ledger) aside") { () throws(SystemError) in
      try Files.rename(layout.ledger, aside)
    }
    return try rebuild(setAside: aside)
  }

  func save(_ ledger: Ledger) throws(ReleaseError) {
    try attempt("write \(layout.ledger)") { () throws(SystemError) in
      try Files.writeAtomically(layout.ledger, ledger.json)
    }
  }

  /// In all the places that outlive a lost ledger.
  func highestOnDisk() throws(ReleaseError) -> Int {
    try max(highestPresent(), revisionsLog.numbers().max() ?? 0)
  }

  /// Of those that may be newer than the ledger: it is another volume's, say.
  func highestBesideLedger() throws(ReleaseError) -> Int {
    try max(highestPresent(), revisionsLog.newest() ?? 0)
  }

  private func highestPresent() throws(ReleaseError) -> Int {
    let removed = try names(in: layout.trash).compactMap { name in
      name.split(separator: "-").first.flatMap { Layout.number($0) }
    }
    let present = try names(in: layout.releases).compactMap { Layout.number($0) }
      .filter { $0 <= Layout.highestFound }
    return (present + removed).max() ?? 0
  }

  /// The numbers of the folders in `releases/`.
  func folders() throws(ReleaseError) -> [Int] {
    try names(in: layout.releases).compactMap { Layout.number($0) }.filter(folderExists).sorted()
  }

  func names(in folder: String) throws(ReleaseError) -> [String] {
    if Files.kind(folder) == nil { return [] }
    return try attempt("look into \(folder)") { () throws(SystemError) in try Files.list(folder) }
  }

  /// What once went live was complete. Of anything else nobody can say so.
  private func rebuild(setAside aside: String?) throws(ReleaseError) -> (ledger: Ledger, warning: String?) {
    let wentLive = try revisionsLog.numbers()
    let current = readCurrent().number
    var ledger = Ledger()
    // Neither a ledger nor a line in the log: these folders were not made by Bascule, and are left alone.
    let areForeign = aside == nil && wentLive.isEmpty
    for number in try folders() where !areForeign || number == current {
      let isGood = number == current || wentLive.contains(number)
      ledger.add(
        Release(
          number: number, state: isGood ? .good : .interrupted,
          revision: Revision(commit: recordedCommit(of: number)), createdAt: folderTime(number)))
    }
    ledger.highest = try highestOnDisk()
    ledger.live = current ?? wentLive.last(where: folderExists)
    if ledger == Ledger() && aside == nil { return (ledger, nil) }
    // From a full disk what is there is still run.
    do throws(ReleaseError) { try save(ledger) } catch  where error.cause?.isFull == true {}
    let good = ledger.releases.filter { $0.state == .good }.map { String($0.number) }
    return (
      ledger,
      (aside.map { "The ledger was damaged, and is kept as \($0)." }
        ?? "There was no ledger \(layout.ledger).")
        + " It was made anew from the folders and \(layout.revisionsLog); good releases:"
        + " \(good.isEmpty ? "none" : good.joined(separator: ", "))."
    )
  }

  private func recordedCommit(of number: Int) -> String? {
    guard
      let file = try? FileDescriptor.open(
        "\(layout.release(number))/REVISION", O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
      let bytes = try? file.readAll(limit: 128)
    else { return nil }
    let text = String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
    return 7...64 ~= text.count && text.allSatisfy(\.isHexDigit) ? text : nil
  }

  private func folderTime(_ number: Int) -> Timestamp {
    var status = stat()
    lstat(layout.release(number), &status)
    return Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1000)
  }
}
