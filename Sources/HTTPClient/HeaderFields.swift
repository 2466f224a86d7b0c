/// The header fields of a request or an answer, in order; names are compared without case.
package struct HeaderFields: Sendable, Equatable, ExpressibleByDictionaryLiteral, Sequence {
  package struct Field: Sendable, Equatable {
    package var name: String
    package var value: String
  }

  private var fields: [Field] = []

  package init() {}

  package init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { Field(name: $0.0, value: $0.1) }
  }

  init(_ fields: [Field]) {
    self.fields = fields
  }

  package var count: Int { fields.count }

  /// The first value; setting replaces all fields of the name by one, or removes them.
  package subscript(_ name: String) -> String? {
    get { fields.first { Self.isSame($0.name, name) }?.value }
    set {
      fields.removeAll { Self.isSame($0.name, name) }
      if let newValue { append(name, newValue) }
    }
  }

  package func values(_ name: String) -> [String] {
    fields.filter { Self.isSame($0.name, name) }.map(\.value)
  }

  package mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  package func makeIterator() -> some IteratorProtocol<Field> {
    fields.makeIterator()
  }

  private static func isSame(_ one: String, _ other: String) -> Bool {
    one.utf8.count == other.utf8.count && one.lowercased() == other.lowercased()
  }
}
