import Glibc

/// Reads texts, each after its length in four bytes, and answers with what it understood, written anew, or with nothing.
@main
enum JSONAnswers {
  static func main() {
    while let length = number(), let text = read(length) {
      var answer: [UInt8] = []
      if let document = try? JSONDocument(bytes: text) { answer = JSONValue(document.root).bytes }
      let size = UInt32(answer.count).bigEndian
      withUnsafeBytes(of: size) { _ = fwrite($0.baseAddress, 1, 4, stdout) }
      fwrite(answer, 1, answer.count, stdout)
      fflush(stdout)
    }
  }

  private static func number() -> Int? { read(4).map { $0.reduce(0) { $0 << 8 | Int($1) } } }

  private static func read(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return fread(&bytes, 1, count, stdin) == count ? bytes : nil
  }
}
