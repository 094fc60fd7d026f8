import Linux

extension Job {
  func openFolder() throws(SystemError) -> Folder { try Folder.open(release: folder) }
}

extension Folder {
  /// From APP_ROOT on without a link: `releases/` is the app user's, who may put one in any release's place.
  static func open(release folder: String) throws(SystemError) -> Folder {
    let root = Files.parent(of: Files.parent(of: folder))
    return try Folder.open(root).enter(folder.split(separator: "/").suffix(2).map(String.init))
  }
}
