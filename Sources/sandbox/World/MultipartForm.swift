/// `multipart/form-data` (RFC 7578), of plain values.
enum MultipartForm {
  /// - Parameter type: the request's content type, with the boundary.
  static func parameters(of body: [UInt8], _ type: String) -> Parameters {
    var parameters = Parameters()
    for part in MIMEPart(Array("content-type: \(type)\r\n\r\n".utf8) + body).parts {
      let disposition = ContentType(part.fields["content-disposition"] ?? "")
      guard disposition.kind == "form-data", let name = disposition["name"],
        let value = part.text("plain")
      else { continue }
      parameters.append(name, value)
    }
    return parameters
  }
}
