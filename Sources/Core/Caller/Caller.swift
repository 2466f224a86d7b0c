import HTTP
package import Postgres

/// Who a function answers. A handler names one of the three as its call's type, so it can't be
/// compiled without having asked for a sign-in where it needs one.
package protocol Caller: Sendable {
  /// What `--describe` says of it.
  static var kind: CallerKind { get }

  /// - Throws: ``Failure`` with UNAUTHORIZED or FORBIDDEN.
  static func admit(_ bearer: Bearer) throws -> Self

  /// How PostgreSQL sees it.
  var identity: CallerIdentity { get }
}

package enum CallerKind: String, Sendable {
  case visitor
  case user
  case serviceRole = "service_role"
}

/// What the credentials of a request prove.
package enum Bearer: Sendable {
  /// None were sent, or the public key alone.
  case nobody
  case user(User)
  /// The service role, for itself or for the user that it names.
  case service(onBehalfOf: UUID?)
}

/// A database role and the claims that policies read.
package struct CallerIdentity: Sendable {
  let role: String
  let claims: [UInt8]
}

/// Anybody: signed in or not.
package struct Visitor: Caller {
  /// Who it is, when signed in.
  package let user: User?

  package static let kind = CallerKind.visitor

  package static func admit(_ bearer: Bearer) -> Visitor {
    switch bearer {
    case .nobody, .service(onBehalfOf: nil): Visitor(user: nil)
    case .user(let user): Visitor(user: user)
    case .service(onBehalfOf: let id?): Visitor(user: User(onBehalfOf: id))
    }
  }

  package var identity: CallerIdentity {
    user?.identity
      ?? CallerIdentity(role: "edge_visitor", claims: Array(#"{"role":"anon"}"#.utf8))
  }
}

/// Somebody who is signed in, or for whom the service role acts.
package struct User: Caller {
  package let id: UUID
  let claims: [UInt8]

  package static let kind = CallerKind.user

  init(id: UUID, claims: [UInt8]) {
    self.id = id
    self.claims = claims
  }

  /// A job can never do what its owner could not: it gets the owner's role, not the service's.
  init(onBehalfOf id: UUID) {
    self.init(id: id, claims: Array(#"{"role":"authenticated","sub":"\#(id)"}"#.utf8))
  }

  package static func admit(_ bearer: Bearer) throws -> User {
    switch bearer {
    case .user(let user): user
    case .service(onBehalfOf: let id?): User(onBehalfOf: id)
    case .service(onBehalfOf: nil):
      throw Failure.forbidden("the service role must say for whom it acts (On-Behalf-Of)")
    case .nobody: throw Failure.unauthorized("sign in to do this")
    }
  }

  package var identity: CallerIdentity { CallerIdentity(role: "edge_user", claims: claims) }
}

/// The backend itself: schedules, jobs and operators.
package struct ServiceRole: Caller {
  package static let kind = CallerKind.serviceRole

  package static func admit(_ bearer: Bearer) throws -> ServiceRole {
    switch bearer {
    case .service: ServiceRole()
    case .user: throw Failure.forbidden("only the service role may do this")
    case .nobody: throw Failure.unauthorized("only the service role may do this")
    }
  }

  package var identity: CallerIdentity {
    CallerIdentity(role: "service_role", claims: Array(#"{"role":"service_role"}"#.utf8))
  }
}
