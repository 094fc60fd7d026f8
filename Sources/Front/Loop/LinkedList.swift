/// What holds its neighbours in a list itself, and so is in one list at a time.
protocol Linked {
  var next: UnsafeMutablePointer<Self>? { get set }
  var previous: UnsafeMutablePointer<Self>? { get set }
}

/// A doubly linked list through the elements themselves: nothing is allocated, and nothing is looked for.
struct LinkedList<Element: Linked> {
  typealias Reference = UnsafeMutablePointer<Element>

  private(set) var first: Reference?
  private(set) var last: Reference?
  private(set) var count = 0

  mutating func append(_ element: Reference) {
    element.pointee.next = nil
    element.pointee.previous = last
    if let last { last.pointee.next = element } else { first = element }
    last = element
    count += 1
  }

  mutating func prepend(_ element: Reference) {
    element.pointee.previous = nil
    element.pointee.next = first
    if let first { first.pointee.previous = element } else { last = element }
    first = element
    count += 1
  }

  mutating func remove(_ element: Reference) {
    let (before, after) = (element.pointee.previous, element.pointee.next)
    if let before { before.pointee.next = after } else { first = after }
    if let after { after.pointee.previous = before } else { last = before }
    element.pointee.next = nil
    element.pointee.previous = nil
    count -= 1
  }
}
