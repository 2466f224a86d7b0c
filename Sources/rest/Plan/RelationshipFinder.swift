/// Finds which relationship an embedding means.
enum RelationshipFinder {
  /// - Throws: ``Refusal`` when there is none, or more than one.
  static func find(
    _ embedding: Embedding,
    from origin: QualifiedName,
    in catalog: Catalog,
    schema: String
  ) throws(Refusal) -> Relationship {
    let candidates = catalog.relationships(of: origin).filter { $0.target.schema == schema }
    let found = candidates.filter { isMeant($0, by: embedding.name, embedding.hint) }
    if found.count == 1, let only = found.first { return only }
    guard found.isEmpty else {
      throw .ambiguousRelationship(origin.name, embedding.name, found)
    }
    throw .noRelationship(
      origin.name,
      embedding.name,
      hint: embedding.hint,
      in: schema,
      suggestion: Suggestion.nearest(
        to: embedding.name,
        among: candidates.map(\.target.name).filter { $0 != embedding.name }
      )
    )
  }

  /// The name is the target's, the constraint's, or that of the column which is the foreign key; the
  /// hint one of the latter, or a junction's.
  ///
  /// Within one relation a foreign key is two relationships: the column or the constraint as the
  /// name means the row that is pointed to, the relation's name those that point here.
  private static func isMeant(
    _ relationship: Relationship,
    by name: String,
    _ hint: String?
  ) -> Bool {
    let isRecursive = relationship.origin == relationship.target && relationship.junction == nil
    let isTarget = relationship.target.name == name
    guard let hint else {
      if isRecursive, isTarget { return !relationship.isOutgoing }
      if isTarget { return true }
      // What a table's key is called belongs to the table, and not to views of it.
      guard relationship.junction == nil, !relationship.leadsToView,
        !isRecursive || relationship.isOutgoing
      else { return false }
      return relationship.constraint == name
        || relationship.isOutgoing && column(of: relationship, \.own) == name
    }
    if isTarget {
      if isRecursive, relationship.isOutgoing { return false }
      if let junction = relationship.junction {
        return junction.name.name == hint || junction.constraints.contains(hint)
      }
      return relationship.constraint == hint || column(of: relationship, \.own) == hint
        || column(of: relationship, \.foreign) == hint
    }
    return relationship.isOutgoing && column(of: relationship, \.own) == name
      && column(of: relationship, \.foreign) == hint
  }

  /// The column of a foreign key that has only one.
  private static func column(
    of relationship: Relationship,
    _ side: KeyPath<Relationship.Pair, String>
  ) -> String? {
    relationship.pairs.count == 1 ? relationship.pairs.first?[keyPath: side] : nil
  }
}
