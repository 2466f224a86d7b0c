/// A type of PostgreSQL by its OID; those of the built-in types are fixed (pg_type.dat).
package struct TypeID: Hashable, Sendable {
  let oid: UInt32

  /// Left to the server to infer from where the value stands.
  static let unknown = TypeID(oid: 0)
  static let bool = TypeID(oid: 16)
  static let bytea = TypeID(oid: 17)
  static let int8 = TypeID(oid: 20)
  static let int4 = TypeID(oid: 23)
  static let text = TypeID(oid: 25)
  static let float8 = TypeID(oid: 701)
  static let int4Array = TypeID(oid: 1007)
  static let textArray = TypeID(oid: 1009)
  static let int8Array = TypeID(oid: 1016)
  static let timestamptz = TypeID(oid: 1184)
  static let uuid = TypeID(oid: 2950)
  static let uuidArray = TypeID(oid: 2951)
  static let jsonb = TypeID(oid: 3802)
}
