import Loop
package import Postgres

/// An input that names something of a user's: a function that takes one need not be told by the
/// service role for whom it acts. Such a function runs with the login of the service.
package protocol Owned: Validated {
  /// Gives that user's id, as the service role; no row when nothing is there. Nil when the input
  /// names nothing.
  var owner: SQL? { get }
}

extension Owned {
  /// - Throws: ``Failure`` with NOT_FOUND, or with FORBIDDEN when nothing is named.
  @Loop
  func owner(in database: Session) async throws -> UUID {
    guard let owner else {
      throw Failure.forbidden(
        "the service role must say for whom it acts (On-Behalf-Of), or of what"
      )
    }
    guard let found = try await database.first(owner.named("owner"), as: FoundOwner.self) else {
      throw Failure.notFound("this is not there")
    }
    return found.userId
  }
}

private struct FoundOwner: Decodable {
  var userId: UUID
}
