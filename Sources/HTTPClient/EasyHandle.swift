import CCurl

/// Owns a `CURL` and the lists that it refers to.
struct EasyHandle: ~Copyable {
  let pointer: UnsafeMutableRawPointer
  private var lists: [UnsafeMutablePointer<curl_slist>] = []

  init?() {
    guard let pointer = curl_easy_init() else { return nil }
    self.pointer = pointer
  }

  deinit {
    curl_easy_cleanup(pointer)
    for list in lists { curl_slist_free_all(list) }
  }

  func set(_ option: CURLoption, _ number: Int) {
    curl_easy_set_number(pointer, option, number)
  }

  /// libcurl copies the text; nil takes its default away.
  func set(_ option: CURLoption, _ text: String?) {
    curl_easy_set_text(pointer, option, text)
  }

  /// Milliseconds, at least one, since libcurl takes none for no limit.
  func set(_ option: CURLoption, _ duration: Duration) {
    let parts = duration.components
    set(option, max(1, Int(parts.seconds) * 1000 + Int(parts.attoseconds / 1_000_000_000_000_000)))
  }

  func set(_ option: CURLoption, context: UnsafeMutableRawPointer) {
    curl_easy_set_pointer(pointer, option, context)
  }

  /// - Parameter lines: in libcurl's own form: for header fields `name: value`, `name;` for an empty
  ///   value, `name:` to leave out what libcurl would add.
  mutating func set(_ option: CURLoption, _ lines: [String]) {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines {
      if let longer = curl_slist_append(list, line) { list = longer }
    }
    if let list { lists.append(list) }
    curl_easy_set_pointer(pointer, option, list)
  }

  /// libcurl takes both of its own defaults unless they are taken away, and keeps what a file holds
  /// only while there is no folder.
  func trust(_ authorities: CertificateAuthorities) {
    switch authorities {
    case .folder(let path):
      set(CURLOPT_CAINFO, nil)
      set(CURLOPT_CAPATH, path)
    case .file(let path):
      set(CURLOPT_CAINFO, path)
      set(CURLOPT_CAPATH, nil)
    }
  }
}
