import Loop
import Postgres

/// The rows of the views in the schema `rest`, in whose comments their columns are explained.
struct CatalogRows {
  struct Relation: Decodable {
    var id: Int
    var schemaName: String
    var relationName: String
    var verbs: Int
  }

  struct Column: Decodable {
    var relationId: Int
    var number: Int
    var columnName: String
    var typeSchema: String
    var typeName: String
    var baseSchema: String
    var baseName: String
  }

  struct Key: Decodable {
    var relationId: Int
    var kind: String
    var keyName: String
    var columnNumbers: [Int]
    var targetId: Int
    var targetNumbers: [Int]
  }

  struct Rule: Decodable {
    var relationId: Int
    var queryTree: String
  }

  struct Routine: Decodable {
    var schemaName: String
    var routineName: String
    var volatility: String
    var returnsSet: Bool
    var defaultCount: Int
    var resultName: String
    var resultKind: String
    var resultRelationId: Int
    var parameterNames: [String]
    var modes: [String]
    var typeSchemas: [String]
    var typeNames: [String]
    var milliseconds: Int?
    var isolationLevel: String?
  }

  struct RoleSetting: Decodable {
    var roleName: String
    var settingName: String
    var settingValue: String
    var milliseconds: Int?
  }

  struct CastTarget: Decodable {
    var typeSchema: String
    var typeName: String
  }

  var relations: [Relation]
  var columns: [Column]
  var keys: [Key]
  var rules: [Rule]
  var routines: [Routine]
  var roleSettings: [RoleSetting]
  var castTargets: [CastTarget]

  /// One round trip and one transaction.
  @Loop
  static func read(_ session: Session) async throws(PostgresError) -> CatalogRows {
    let rows = try await session.run(
      [
        "select * from rest.relation" as SQL, "select * from rest.relation_column order by number",
        "select * from rest.relation_key order by key_name", "select * from rest.view_rule",
        "select * from rest.routine order by id", "select * from rest.role_setting",
        "select * from rest.cast_target",
      ].map { $0.named("catalog") },
      function: "catalog"
    )
    guard rows.count == 7 else { throw .connectionLost }
    return CatalogRows(
      relations: try rows[0].decode(as: Relation.self),
      columns: try rows[1].decode(as: Column.self),
      keys: try rows[2].decode(as: Key.self),
      rules: try rows[3].decode(as: Rule.self),
      routines: try rows[4].decode(as: Routine.self),
      roleSettings: try rows[5].decode(as: RoleSetting.self),
      castTargets: try rows[6].decode(as: CastTarget.self)
    )
  }
}
