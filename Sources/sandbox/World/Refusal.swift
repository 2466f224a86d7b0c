import HTTP
import JSON

/// Why a request is not answered: in words for the developer who sent it, or as a platform says it.
struct Refusal: Error, Sendable {
  private(set) var response: Response

  init(_ status: Int, _ message: String) {
    response = Response(status: status, json: (["error": .string(message)] as JSON).bytes)
  }

  init(_ response: Response) {
    self.response = response
  }

  static func method(_ allowed: String) -> Refusal {
    var refusal = Refusal(405, "the method must be \(allowed)")
    refusal.response.headers.append(("allow", allowed))
    return refusal
  }
}
