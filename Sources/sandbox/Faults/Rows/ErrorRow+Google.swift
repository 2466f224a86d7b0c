extension ErrorRow {
  static let google = [
    ErrorRow(
      .google,
      "token.invalid_grant",
      400,
      .reauth,
      #"""
      {"error":"invalid_grant","error_description":"Token has been expired or revoked."}
      """#
    ),
    ErrorRow(
      .google,
      "token.code_reused",
      400,
      .reauth,
      #"""
      {"error":"invalid_grant","error_description":"Bad Request"}
      """#
    ),
    ErrorRow(
      .google,
      "token.invalid_client",
      401,
      .permanent,
      #"""
      {"error":"invalid_client","error_description":"Unauthorized"}
      """#
    ),
    ErrorRow(
      .google,
      "token.redirect_uri_mismatch",
      400,
      .permanent,
      #"""
      {"error":"redirect_uri_mismatch","error_description":"Bad Request"}
      """#
    ),
    ErrorRow(
      .google,
      "revoke.invalid_token",
      400,
      .permanent,
      #"""
      {"error":"invalid_token","error_description":"Token expired or revoked"}
      """#
    ),
    ErrorRow(
      .youtube,
      "quotaExceeded",
      403,
      .quota,
      #"""
      {"error":{"code":403,"message":"The request cannot be completed because you have exceeded \#
      your <a href=\"/youtube/v3/getting-started#quota\">quota</a>.","errors":[{"message":"The \#
      request cannot be completed because you have exceeded your <a \#
      href=\"/youtube/v3/getting-started#quota\">quota</a>.","domain":"youtube.quota",\#
      "reason":"quotaExceeded"}]}}
      """#
    ),
    ErrorRow(
      .youtube,
      "rateLimitExceeded",
      403,
      .retryable,
      #"""
      {"error":{"code":403,"message":"Rate Limit Exceeded","errors":[{"message":"Rate Limit \#
      Exceeded","domain":"usageLimits","reason":"rateLimitExceeded"}]}}
      """#
    ),
    ErrorRow(
      .youtube,
      "expired_token",
      401,
      .reauth,
      #"""
      {"error":{"code":401,"message":"Request had invalid authentication credentials. Expected \#
      OAuth 2 access token, login cookie or other valid authentication credential. See \#
      https://developers.google.com/identity/sign-in/web/devconsole-project.",\#
      "errors":[{"message":"Invalid \#
      Credentials","domain":"global","reason":"authError","location":"Authorization",\#
      "locationType":"header"}],"status":"UNAUTHENTICATED",\#
      "details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo",\#
      "reason":"ACCESS_TOKEN_EXPIRED","domain":"googleapis.com",\#
      "metadata":{"service":"youtube.googleapis.com"}}]}}
      """#
    ),
    ErrorRow(
      .youtube,
      "insufficientPermissions",
      403,
      .reauth,
      #"""
      {"error":{"code":403,"message":"Request had insufficient authentication \#
      scopes.","errors":[{"message":"Insufficient \#
      Permission","domain":"global","reason":"insufficientPermissions"}],\#
      "status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo",\#
      "reason":"ACCESS_TOKEN_SCOPE_INSUFFICIENT","domain":"googleapis.com",\#
      "metadata":{"service":"youtube.googleapis.com"}}]}}
      """#
    ),
    ErrorRow(
      .youtube,
      "authenticatedUserAccountClosed",
      403,
      .permanent,
      #"""
      {"error":{"code":403,"message":"The YouTube account of the authenticated user is \#
      closed.","errors":[{"message":"The YouTube account of the authenticated user is \#
      closed.","domain":"youtube.common","reason":"authenticatedUserAccountClosed"}]}}
      """#
    ),
    ErrorRow(
      .youtube,
      "playlistNotFound",
      404,
      .permanent,
      #"""
      {"error":{"code":404,"message":"The playlist identified with the request's \#
      <code>playlistId</code> parameter cannot be found.","errors":[{"message":"The playlist \#
      identified with the request's <code>playlistId</code> parameter cannot be \#
      found.","domain":"youtube.playlistItem","reason":"playlistNotFound","location":"playlistId",\#
      "locationType":"parameter"}]}}
      """#
    ),
    ErrorRow(
      .youtube,
      "invalidPageToken",
      400,
      .permanent,
      #"""
      {"error":{"code":400,"message":"The request specifies an invalid page \#
      token.","errors":[{"message":"The request specifies an invalid page \#
      token.","domain":"youtube.parameter","reason":"invalidPageToken","location":"pageToken",\#
      "locationType":"parameter"}]}}
      """#
    ),
    ErrorRow(
      .youtube,
      "backendError",
      500,
      .retryable,
      #"""
      {"error":{"code":500,"message":"Backend Error","errors":[{"message":"Backend \#
      Error","domain":"global","reason":"backendError"}]}}
      """#
    ),
  ]
}
