import HTTPClient
import JSON

extension ClientResponse {
  /// The body of a success.
  ///
  /// - Throws: ``PlatformFailure`` when it is no object: a page in HTML, or a broken text.
  func json(of platform: Platform) throws -> JSON {
    do {
      let json = try JSON(parsing: body)
      guard case .object = json else {
        throw PlatformFailure(platform, unreadable: "\(json.kind) and no object")
      }
      return json
    } catch let error as JSONSyntaxError {
      throw PlatformFailure(platform, unreadable: "\(error)")
    }
  }
}

extension JSON {
  /// An array's elements.
  ///
  /// - Parameter limit: how many were asked for, about.
  /// - Throws: ``PlatformFailure`` when it is no array, or one of a size that nobody asked for.
  func entries(of platform: Platform, upTo limit: Int) throws -> [JSON] {
    guard let elements else {
      throw PlatformFailure(platform, unreadable: "\(kind) where a list belongs")
    }
    guard elements.count <= 4 * limit else {
      throw PlatformFailure(platform, unreadable: "a page of \(elements.count) entries")
    }
    return elements
  }
}
