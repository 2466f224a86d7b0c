/// The values of a statement, one after the other in one buffer.
struct Parameters: Sendable {
  struct Slot: Sendable {
    var type: TypeID
    /// Where its `$n` stands in the text, and how many digits n has.
    var position: Int
    var digits: Int
    var offset: Int
    /// -1 is null.
    var length: Int
  }

  private(set) var bytes: [UInt8] = []
  private(set) var slots: [Slot] = []
  /// A NUL where C would see the end of a string: such a statement is not sent.
  var holdsNUL = false

  mutating func reserve(_ count: Int) {
    slots.reserveCapacity(count)
  }

  mutating func reserve(bytes count: Int) {
    bytes.reserveCapacity(count)
  }

  mutating func dropValues() {
    bytes = []
  }

  /// Appends the bytes of a value that is there already.
  mutating func set(_ place: Int, _ value: [UInt8]) {
    slots[place].offset = bytes.count
    slots[place].length = value.count
    bytes.append(contentsOf: value)
    bytes.append(0)
  }

  /// The same of another's value, which may be null.
  mutating func set(_ place: Int, _ slot: Slot, of other: Parameters) {
    slots[place].offset = bytes.count
    bytes.append(contentsOf: other.bytes[slot.offset..<(slot.offset + max(0, slot.length))])
    bytes.append(0)
  }

  /// - Returns: n of its `$n`.
  mutating func append(
    _ type: TypeID,
    at position: Int,
    _ encode: (inout [UInt8]) -> Void?
  ) -> Int {
    let offset = bytes.count
    let isNull = encode(&bytes) == nil
    return append(type, position, offset, isNull ? -1 : bytes.count - offset)
  }

  mutating func append(_ slot: Slot, of other: Parameters, at position: Int) -> Int {
    let offset = bytes.count
    bytes.append(contentsOf: other.bytes[slot.offset..<(slot.offset + max(0, slot.length))])
    return append(slot.type, position, offset, slot.length)
  }

  private mutating func append(
    _ type: TypeID,
    _ position: Int,
    _ offset: Int,
    _ length: Int
  ) -> Int {
    // libpq reads an untyped value up to its NUL, and takes a null pointer for null.
    bytes.append(0)
    let number = slots.count + 1
    let digits = number < 10 ? 1 : number < 100 ? 2 : number < 1000 ? 3 : number < 10_000 ? 4 : 5
    slots.append(
      Slot(type: type, position: position, digits: digits, offset: offset, length: length)
    )
    return number
  }
}

extension Parameters {
  /// New values for a statement's places.
  struct Rebinding {
    private(set) var parameters: Parameters
    private var next = 0

    init(_ parameters: Parameters, size: Int) {
      self.parameters = parameters
      self.parameters.bytes = []
      self.parameters.bytes.reserveCapacity(size)
    }

    mutating func bind(text: some Collection<UInt8>) {
      let offset = parameters.bytes.count
      parameters.bytes.append(contentsOf: text)
      parameters.slots[next].offset = offset
      parameters.slots[next].length = parameters.bytes.count - offset
      parameters.bytes.append(0)
      next += 1
    }
  }
}

/// The arrays that libpq wants the values in, kept from statement to statement.
struct ParameterArrays {
  private var values: [UnsafePointer<CChar>?] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []
  private var types: [UInt32] = []

  struct Pointers {
    let count: Int32
    let types: UnsafePointer<UInt32>?
    let values: UnsafePointer<UnsafePointer<CChar>?>?
    let lengths: UnsafePointer<Int32>?
    let formats: UnsafePointer<Int32>?
  }

  mutating func with<Value>(_ parameters: Parameters, _ body: (Pointers) -> Value) -> Value {
    let slots = parameters.slots
    grow(to: slots.count)
    return parameters.bytes.withUnsafeBytes { bytes in
      values.withUnsafeMutableBufferPointer { values in
        lengths.withUnsafeMutableBufferPointer { lengths in
          formats.withUnsafeMutableBufferPointer { formats in
            types.withUnsafeMutableBufferPointer { types in
              for (index, slot) in slots.enumerated() {
                let start = bytes.baseAddress?.advanced(by: slot.offset)
                values[index] = slot.length < 0 ? nil : start?.assumingMemoryBound(to: CChar.self)
                lengths[index] = Int32(max(0, slot.length))
                formats[index] = slot.type == .unknown ? 0 : 1
                types[index] = slot.type.oid
              }
              return body(
                Pointers(
                  count: Int32(slots.count),
                  types: UnsafePointer(types.baseAddress),
                  values: UnsafePointer(values.baseAddress),
                  lengths: UnsafePointer(lengths.baseAddress),
                  formats: UnsafePointer(formats.baseAddress)
                )
              )
            }
          }
        }
      }
    }
  }

  private mutating func grow(to count: Int) {
    guard values.count < count else { return }
    let size = max(count, 32)
    values = Array(repeating: nil, count: size)
    lengths = Array(repeating: 0, count: size)
    formats = Array(repeating: 0, count: size)
    types = Array(repeating: 0, count: size)
  }
}
