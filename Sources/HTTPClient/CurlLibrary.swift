import CCurl

/// libcurl as a whole.
enum CurlLibrary {
  /// Set up by the first request, so that processes that send none start without it.
  static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}
