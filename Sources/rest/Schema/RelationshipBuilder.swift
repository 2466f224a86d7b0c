/// Makes relationships of links: each in both directions, and through junctions.
struct RelationshipBuilder {
  private let finder: LinkFinder
  private let names: [Int: QualifiedName]
  private let columns: [Int: [Int: String]]

  init(
    _ finder: LinkFinder,
    names: [Int: QualifiedName],
    columns: [Int: [CatalogRows.Column]]
  ) {
    self.finder = finder
    self.names = names
    self.columns = columns.mapValues { rows in
      Dictionary(rows.map { ($0.number, $0.columnName) }) { first, _ in first }
    }
  }

  func relationships() -> [Relationship] {
    let direct = finder.links.flatMap(both)
    let byRelation = Dictionary(grouping: finder.links, by: \.relation)
    let indirect = byRelation.flatMap { relation, links in
      junctions(through: relation, links)
    }
    return direct + indirect.sorted { $0.constraint < $1.constraint }
  }

  private func both(_ link: LinkFinder.Link) -> [Relationship] {
    guard let own = names[link.relation], let other = names[link.target],
      let pairs = pairs(link)
    else { return [] }
    return [
      Relationship(
        origin: own,
        target: other,
        cardinality: link.isUnique ? .oneToOne : .manyToOne,
        constraint: link.name,
        pairs: pairs,
        isOutgoing: true,
        leadsToView: finder.views.contains(link.target)
      ),
      Relationship(
        origin: other,
        target: own,
        cardinality: link.isUnique ? .oneToOne : .oneToMany,
        constraint: link.name,
        pairs: pairs.map { Relationship.Pair(own: $0.foreign, foreign: $0.own) },
        isOutgoing: false,
        leadsToView: finder.views.contains(link.relation)
      ),
    ]
  }

  /// A relation whose primary key holds two foreign keys joins what they lead to.
  private func junctions(
    through relation: Int,
    _ links: [LinkFinder.Link]
  ) -> [Relationship] {
    guard let name = names[relation], let key = finder.primaryKeys[relation].map(Set.init) else {
      return []
    }
    let parts = links.filter { key.isSuperset(of: $0.columns) }
    var found: [Relationship] = []
    for first in parts {
      for second in parts where first.name != second.name {
        guard let origin = names[first.target], let target = names[second.target],
          let toOrigin = pairs(first), let toTarget = pairs(second)
        else { continue }
        let junction = Relationship.Junction(
          name: name,
          constraints: [first.name, second.name],
          toOrigin: toOrigin.map { Relationship.Pair(own: $0.foreign, foreign: $0.own) },
          toTarget: toTarget
        )
        found.append(
          Relationship(
            origin: origin,
            target: target,
            cardinality: .manyToMany,
            constraint: name.name,
            pairs: [],
            isOutgoing: false,
            leadsToView: finder.views.contains(second.target),
            junction: junction
          )
        )
      }
    }
    return found
  }

  private func pairs(_ link: LinkFinder.Link) -> [Relationship.Pair]? {
    let pairs = zip(link.columns, link.targetColumns).compactMap { own, foreign in
      columns[link.relation]?[own].flatMap { own in
        columns[link.target]?[foreign].map { Relationship.Pair(own: own, foreign: $0) }
      }
    }
    return pairs.count == link.columns.count ? pairs : nil
  }
}
