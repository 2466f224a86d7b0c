import Loop
import Postgres

/// What requests became, by their shape: for a catalog, and as long as that is the newest. Of two
/// halves the older one is given up when the younger is full.
@Loop
final class KeptPlans {
  private static let halfLimit = 128

  /// How often one was found.
  private(set) var uses = 0
  private var catalog: ObjectIdentifier?
  private var young: [[UInt8]: KeptPlan] = [:]
  private var old: [[UInt8]: KeptPlan] = [:]

  init() {}

  var count: Int { young.count + old.count }

  func find(_ shape: RequestShape, of catalog: Catalog) -> KeptPlan? {
    guard self.catalog == ObjectIdentifier(catalog) else {
      (young, old) = ([:], [:])
      self.catalog = ObjectIdentifier(catalog)
      return nil
    }
    if let found = young[shape.key] {
      uses += 1
      return found
    }
    guard let found = old[shape.key] else { return nil }
    uses += 1
    add(found, shape)
    return found
  }

  func keep(_ work: Work, _ shape: RequestShape, of catalog: Catalog) {
    guard self.catalog == ObjectIdentifier(catalog),
      let plan = KeptPlan(work, shape, of: catalog)
    else { return }
    add(plan, shape)
  }

  private func add(_ plan: KeptPlan, _ shape: RequestShape) {
    if young.count >= Self.halfLimit {
      old = young
      young = [:]
    }
    young[shape.key] = plan
  }
}

/// What a request became, without its values.
final class KeptPlan {
  /// Kept, so that no other catalog can stand at its address.
  private let catalog: Catalog
  private let work: Work
  private let statements: [(template: StatementTemplate, sources: [Statement.Source])]

  /// Nil where a value of the request has no place of its own in the statements, so that another's
  /// can't be put there.
  fileprivate init?(_ work: Work, _ shape: RequestShape, of catalog: Catalog) {
    let used = Set(work.statements.flatMap { $0.places.map(\.source) })
    for (place, value) in shape.values.enumerated() where value != nil {
      guard used.contains(.parameter(place)) else { return nil }
    }
    var statements: [(StatementTemplate, [Statement.Source])] = []
    for statement in work.statements {
      let sources = statement.places.map(\.source)
      guard statement.isKeepable, let values = shape.values(for: sources) else { return nil }
      let places = statement.places.map(\.number)
      guard let template = StatementTemplate(statement.sql, places: places, holding: values) else {
        return nil
      }
      statements.append((template, sources))
    }
    self.statements = statements
    self.catalog = catalog
    var work = work
    work.statements = []
    self.work = work
  }

  /// The same with the values of a request of this shape.
  func work(for shape: RequestShape) -> Work? {
    var work = work
    work.statements.reserveCapacity(statements.count)
    for (template, sources) in statements {
      guard let values = shape.values(for: sources) else { return nil }
      work.statements.append(Statement(sql: template.statement(with: values)))
    }
    return work
  }
}

extension RequestShape {
  /// Nil where there is none.
  fileprivate func values(for sources: [Statement.Source]) -> [[UInt8]]? {
    var found: [[UInt8]] = []
    found.reserveCapacity(sources.count)
    for source in sources {
      switch source {
      case .parameter(let place):
        guard place < values.count, let value = values[place] else { return nil }
        found.append(value)
      case .body(.whole):
        guard let payload else { return nil }
        found.append(payload.bytes)
      case .body(.array):
        guard let payload else { return nil }
        found.append(payload.array)
      case .body(.parts): return nil
      }
    }
    return found
  }
}
