/// A queue whose front is found without moving the rest.
struct FIFO<Element> {
  /// Those before `head` were taken and are nil.
  private var elements: [Element?] = []
  private var head = 0

  var count: Int { elements.count - head }
  var isEmpty: Bool { count == 0 }
  var first: Element? { isEmpty ? nil : elements[head] }

  mutating func append(_ element: Element) {
    elements.append(element)
  }

  mutating func prepend(_ element: Element) {
    if head > 0 {
      head -= 1
      elements[head] = element
    } else {
      elements.insert(element, at: 0)
    }
  }

  mutating func popFirst() -> Element? {
    guard !isEmpty else { return nil }
    let element = elements[head].take()
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: true)
      head = 0
    } else if head > 32, head * 2 > elements.count {
      // Each element is moved at most once for each that was taken.
      elements.removeFirst(head)
      head = 0
    }
    return element
  }

  /// - Returns: those that were removed, in order.
  mutating func removeAll(where shallGo: (Element) -> Bool = { _ in true }) -> [Element] {
    var gone: [Element] = []
    var kept: [Element?] = []
    for case .some(let element) in elements {
      if shallGo(element) { gone.append(element) } else { kept.append(element) }
    }
    elements = kept
    head = 0
    return gone
  }
}

extension FIFO: Sequence {
  func makeIterator() -> some IteratorProtocol<Element> {
    elements[head...].lazy.compactMap(\.self).makeIterator()
  }
}
