import Linux

extension Job {
  /// From APP_ROOT on without a link: `releases/` is the app user's, who may put one in any release's place.
  func openFolder() throws(SystemError) -> Folder {
    let root = Files.parent(of: Files.parent(of: folder))
    return try Folder.open(root).enter(folder.split(separator: "/").suffix(2).map(String.init))
  }
}
