/// How rows of one relation belong to rows of another.
struct Relationship: Sendable, Equatable {
  enum Cardinality: String, Sendable {
    case manyToOne = "many-to-one"
    case oneToMany = "one-to-many"
    case oneToOne = "one-to-one"
    case manyToMany = "many-to-many"
  }

  struct Pair: Sendable, Equatable {
    let own: String
    let foreign: String
  }

  /// The relation in the middle of a many-to-many relationship.
  struct Junction: Sendable, Equatable {
    let name: QualifiedName
    /// The constraints that lead to the origin and to the target.
    let constraints: [String]
    /// The origin's columns and the junction's.
    let toOrigin: [Pair]
    /// The junction's columns and the target's.
    let toTarget: [Pair]
  }

  let origin: QualifiedName
  let target: QualifiedName
  let cardinality: Cardinality
  /// The foreign key; of a many-to-many relationship the junction's name.
  let constraint: String
  /// The origin's columns and the target's; none of a many-to-many relationship.
  let pairs: [Pair]
  /// Whether the foreign key is the origin's.
  let isOutgoing: Bool
  /// Whether the target is a view, which shows what a table has.
  let leadsToView: Bool
  var junction: Junction?

  var isToOne: Bool { cardinality == .manyToOne || cardinality == .oneToOne }

  /// What tells it from others between the same relations.
  var hint: String { junction?.name.name ?? constraint }

  /// The columns of the origin that it is joined by.
  var ownColumns: [String] {
    junction.map { $0.toOrigin.map(\.own) } ?? pairs.map(\.own)
  }

  /// `orders_client_id_fkey using orders(client_id) and clients(id)`
  func words(of origin: String) -> String {
    func list(_ columns: [String]) -> String { "(\(columns.joined(separator: ", ")))" }
    guard let junction else {
      return
        "\(constraint) using \(origin)\(list(pairs.map(\.own))) and \(target.name)\(list(pairs.map(\.foreign)))"
    }
    let own = list(junction.toOrigin.map(\.foreign))
    let other = list(junction.toTarget.map(\.own))
    return
      "\(junction.name.name) using \(junction.constraints[0])\(own) and \(junction.constraints[1])\(other)"
  }
}
