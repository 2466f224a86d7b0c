/// Foreign keys and primary keys, of tables and of the views that show their columns.
struct LinkFinder {
  /// A foreign key by the numbers of its columns.
  struct Link {
    let name: String
    let relation: Int
    let columns: [Int]
    let target: Int
    let targetColumns: [Int]
    /// At most one row has it.
    let isUnique: Bool
  }

  let links: [Link]
  let views: Set<Int>
  /// By relation.
  let primaryKeys: [Int: [Int]]

  init(_ rows: CatalogRows) {
    self.views = Set(rows.rules.map(\.relationId))
    let views = ViewColumns(rows.rules)
    var primaryKeys: [Int: [Int]] = [:]
    var uniques: [Int: [Set<Int>]] = [:]
    for key in rows.keys where key.kind != "f" {
      uniques[key.relationId, default: []].append(Set(key.columnNumbers))
      guard key.kind == "p" else { continue }
      for (relation, columns) in views.shown(key.columnNumbers, of: key.relationId)
      where primaryKeys[relation] == nil {
        primaryKeys[relation] = columns
      }
    }
    self.primaryKeys = primaryKeys
    links = rows.keys.filter { $0.kind == "f" }.flatMap { key -> [Link] in
      let isUnique = uniques[key.relationId]?.contains { $0 == Set(key.columnNumbers) } == true
      let origins = views.shown(key.columnNumbers, of: key.relationId)
      let targets = views.shown(key.targetNumbers, of: key.targetId)
      return origins.flatMap { origin in
        targets.map { target in
          Link(
            name: key.keyName,
            relation: origin.relation,
            columns: origin.columns,
            target: target.relation,
            targetColumns: target.columns,
            isUnique: isUnique
          )
        }
      }
    }
  }
}

/// Which columns of tables which views show.
private struct ViewColumns {
  private struct Place: Hashable {
    let relation: Int
    let column: Int
  }

  /// By the column that is shown, the views' columns that show it.
  private var shown: [Place: [Place]] = [:]

  init(_ rules: [CatalogRows.Rule]) {
    var origins: [Place: Place] = [:]
    for rule in rules {
      for origin in ViewRule(rule.queryTree).origins {
        origins[Place(relation: rule.relationId, column: origin.column)] =
          Place(relation: origin.relation, column: origin.number)
      }
    }
    let places = origins.keys.sorted { ($0.relation, $0.column) < ($1.relation, $1.column) }
    for place in places {
      // A view may show what another view shows; PostgreSQL allows no circle.
      var next = origins[place]
      while let origin = next {
        shown[origin, default: []].append(place)
        next = origins[origin]
      }
    }
  }

  /// The relation itself and each view that shows all of these columns, with their numbers there.
  func shown(_ columns: [Int], of relation: Int) -> [(relation: Int, columns: [Int])] {
    var found = [(relation: relation, columns: columns)]
    guard let first = columns.first else { return found }
    var seen: Set<Int> = []
    for place in shown[Place(relation: relation, column: first)] ?? []
    where seen.insert(place.relation).inserted {
      let numbers = columns.compactMap { column in
        shown[Place(relation: relation, column: column)]?
          .first { $0.relation == place.relation }?.column
      }
      if numbers.count == columns.count { found.append((place.relation, numbers)) }
    }
    return found
  }
}
