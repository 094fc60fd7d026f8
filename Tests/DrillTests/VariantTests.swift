import Drill
import JSON
import Testing

@Suite struct VariantTests {
  private let original = JSONValue(
    parsing: Array(
      #"{"name":"shop","scripts":{"prebuild":"lint","build":"vite build","start":"bun s.ts","x":"é\n"},"v":1.5}"#
        .utf8))

  private func package(_ variant: AppVariant, own: [(name: String, command: String)] = []) throws -> JSONNode
  {
    try JSONDocument(text: try #require(variant.package(from: original, own: own)).text).root
  }

  @Test(arguments: AppVariant.allCases)
  func `all but the scripts in question stays as it was`(variant: AppVariant) throws {
    let package = try package(variant)
    #expect(package["name"]?.string == "shop")
    #expect(package["v"]?.double == 1.5)
    #expect(package["scripts"]?["x"]?.string == "é\n")
    let scripts = Dictionary(uniqueKeysWithValues: variant.scripts)
    #expect(package["scripts"]?["start"]?.string == scripts["start"] ?? "bun s.ts")
    #expect(package["scripts"]?["build"]?.string == scripts["build"] ?? "vite build")
  }

  @Test func `what would run before a script of the variant is gone with it`() throws {
    #expect(try package(.brokenBuild)["scripts"]?["prebuild"] == nil)
    #expect(try package(.unhealthy)["scripts"]?["prebuild"]?.string == "lint")
  }

  @Test func `commands that are set become scripts, and the variant's win over them`() throws {
    let own = [(name: "start", command: "node \"a b.js\""), (name: "build", command: "make")]
    let good = try package(.good, own: own)
    #expect(good["scripts"]?["start"]?.string == "node \"a b.js\"")
    #expect(good["scripts"]?["build"]?.string == "make")
    let bad = try package(.turnsBad, own: own)
    #expect(bad["scripts"]?["start"]?.string == "bun drill-bad.ts")
    #expect(bad["scripts"]?["build"]?.string == "make")
  }

  @Test(arguments: ["{}", #"{"scripts":null}"#, #"{"scripts":["a"]}"#])
  func `an app without scripts gets some`(text: String) throws {
    let package = try #require(
      AppVariant.unhealthy.package(from: JSONValue(parsing: Array(text.utf8)), own: []))
    #expect(package.text == #"{"scripts":{"start":"bun drill-unhealthy.ts"}}"#)
  }

  @Test(arguments: ["[]", "1", "null", "\"a\""])
  func `what is no object is none`(text: String) {
    #expect(AppVariant.good.package(from: JSONValue(parsing: Array(text.utf8)), own: []) == nil)
  }

  @Test(arguments: AppVariant.allCases)
  func `every file that a script names is there`(variant: AppVariant) {
    for script in variant.scripts {
      #expect(variant.files.contains { script.command == "bun \($0.name)" })
    }
  }
}
