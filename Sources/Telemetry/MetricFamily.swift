package import Loop

/// All that is shown under one name.
@Loop
protocol MetricFamily: AnyObject {
  var name: String { get }
  var help: String { get }
  /// The word of the TYPE line.
  var kind: StaticString { get }

  func write(to exposition: inout Exposition)
}

/// One metric for each combination of up to three labels' values.
@Loop
package final class Family<Member: Metric>: MetricFamily {
  /// The most combinations that are told apart, so that a label whose values come from outside
  /// can't fill the memory; further ones are counted together, with `other` for each value.
  package nonisolated static var limit: Int { 500 }

  private struct Values: Hashable {
    var first: String
    var second: String
    var third: String

    var list: [String] { [first, second, third] }
  }

  let name: String
  let help: String
  let kind: StaticString
  private let labels: [String]
  private let make: @Loop () -> Member
  private var members: [Values: Member] = [:]

  init(
    name: String,
    help: String,
    kind: StaticString,
    labels: [String],
    make: @escaping @Loop () -> Member
  ) {
    precondition(labels.count <= 3, "\(name) has more than three labels")
    self.name = name
    self.help = help
    self.kind = kind
    self.labels = labels
    self.make = make
  }

  /// The member with these values, in the order of the labels; those left out are empty.
  package subscript(_ first: String = "", _ second: String = "", _ third: String = "") -> Member {
    let values = Values(first: first, second: second, third: third)
    if let member = members[values] { return member }
    guard members.count < Self.limit || first == "other" else {
      return self["other", labels.count > 1 ? "other" : "", labels.count > 2 ? "other" : ""]
    }
    let member = make()
    members[values] = member
    return member
  }

  func write(to exposition: inout Exposition) {
    let sorted = members.sorted { $0.key.list.lexicographicallyPrecedes($1.key.list) }
    for (values, member) in sorted {
      let pairs = zip(labels, values.list).map { Label(name: $0, value: $1) }
      member.write(name, pairs, to: &exposition)
    }
  }
}

/// A metric without labels whose value is asked for.
@Loop
final class Callback: MetricFamily {
  let name: String
  let help: String
  let kind: StaticString
  private let read: @Loop () -> Double

  init(name: String, help: String, kind: StaticString, read: @escaping @Loop () -> Double) {
    self.name = name
    self.help = help
    self.kind = kind
    self.read = read
  }

  func write(to exposition: inout Exposition) {
    exposition.sample(name, [], read())
  }
}
