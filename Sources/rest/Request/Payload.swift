import JSON

/// A body of JSON: its text as it came, and what its objects' members are called.
struct Payload {
  /// Objects that have the same members.
  struct Group {
    var columns: [String]
    /// Their places in the text.
    var objects: [Range<Int>]
  }

  enum Shape {
    case object
    case array
    /// Neither: only a function that takes it whole can have it.
    case other
  }

  let bytes: [UInt8]
  let shape: Shape
  let groups: [Group]

  /// - Throws: ``Refusal`` with PGRST102 when it is no JSON.
  init(json bytes: [UInt8]) throws(Refusal) {
    do throws(PayloadError) {
      var reader = PayloadReader(bytes)
      (shape, groups) = try reader.read()
      self.bytes = bytes
    } catch {
      throw .body("Empty or invalid json")
    }
  }

  private init(bytes: [UInt8], shape: Shape, groups: [Group]) {
    self.bytes = bytes
    self.shape = shape
    self.groups = groups
  }

  /// An object of texts.
  static func form(_ pairs: [QueryParameters.Pair]) -> Payload {
    var names: [String] = []
    var members: [JSON.Member] = []
    for pair in pairs where !names.contains(pair.name) {
      names.append(pair.name)
      members.append(JSON.Member(pair.name, .string(pair.value)))
    }
    let bytes = JSON.object(members).bytes
    let group = Group(columns: names, objects: [0..<bytes.count])
    return Payload(bytes: bytes, shape: .object, groups: [group])
  }

  /// The names of its members, provided that all its objects have the same.
  var columns: [String] {
    get throws(Refusal) {
      guard groups.count <= 1 else { throw .body("All object keys must match") }
      return groups.first?.columns ?? []
    }
  }

  /// How many objects there are.
  var count: Int { groups.reduce(0) { $0 + $1.objects.count } }

  /// An array of the objects of one group.
  func text(of group: Group) -> [UInt8] {
    var text: [UInt8] = [UInt8(ascii: "[")]
    for (index, object) in group.objects.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      text.append(contentsOf: bytes[object])
    }
    text.append(UInt8(ascii: "]"))
    return text
  }
}
