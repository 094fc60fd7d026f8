/// Equality of what is large. `#expect(a == b)` that fails looks for the smallest difference between two arrays: of a
/// megabyte for hours, on a thread that the other tests need.
package func isSame<Element: Equatable>(_ a: some Sequence<Element>, _ b: some Sequence<Element>) -> Bool {
  a.elementsEqual(b)
}
