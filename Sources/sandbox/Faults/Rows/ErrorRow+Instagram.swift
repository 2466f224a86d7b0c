extension ErrorRow {
  static let instagram = [
    ErrorRow(
      .instagram,
      "oauth.code_used",
      400,
      .reauth,
      #"""
      {"error_type":"OAuthException","code":400,"error_message":"Matching code was not found or \#
      was already used"}
      """#
    ),
    ErrorRow(
      .instagram,
      "oauth.redirect_uri",
      400,
      .permanent,
      #"""
      {"error_type":"OAuthException","code":400,"error_message":"Invalid Request: Request \#
      parameters are invalid: Invalid redirect_uri"}
      """#
    ),
    ErrorRow(
      .instagram,
      "token_expired",
      400,
      .reauth,
      #"""
      {"error":{"message":"Error validating access token: Session has expired on Monday, \#
      23-Nov-26 10:00:00 PST. The current time is Monday, 23-Nov-26 11:00:00 \#
      PST.","type":"OAuthException","code":190,"error_subcode":463,"fbtrace_id":"A1b2C3d4E5f6"}}
      """#
    ),
    ErrorRow(
      .instagram,
      "token_password_changed",
      400,
      .reauth,
      #"""
      {"error":{"message":"Error validating access token: The session has been invalidated \#
      because the user changed their password or Facebook has changed the session for security \#
      reasons.","type":"OAuthException","code":190,"error_subcode":460,\#
      "fbtrace_id":"A1b2C3d4E5f6"}}
      """#
    ),
    ErrorRow(
      .instagram,
      "app_deauthorized",
      400,
      .reauth,
      #"""
      {"error":{"message":"Error validating access token: The user has not authorized application \#
      1234567890.","type":"OAuthException","code":190,"error_subcode":458,\#
      "fbtrace_id":"A1b2C3d4E5f6"}}
      """#
    ),
    ErrorRow(
      .instagram,
      "malformed_token",
      400,
      .reauth,
      #"""
      {"error":{"message":"Invalid OAuth access token - Cannot parse access \#
      token","type":"OAuthException","code":190,"fbtrace_id":"A1b2C3d4E5f6"}}
      """#
    ),
    ErrorRow(
      .instagram,
      "app_rate_limit",
      403,
      .quota,
      #"""
      {"error":{"message":"(#4) Application request limit \#
      reached","type":"OAuthException","is_transient":true,"code":4,"fbtrace_id":"A1b2C3d4E5f6"}}
      """#
    ),
    ErrorRow(
      .instagram,
      "user_rate_limit",
      400,
      .quota,
      #"""
      {"error":{"message":"(#17) User request limit \#
      reached","type":"OAuthException","is_transient":true,"code":17,"error_subcode":2446079,\#
      "fbtrace_id":"A1b2C3d4E5f6"}}
      """#
    ),
    ErrorRow(
      .instagram,
      "buc_rate_limit",
      400,
      .quota,
      #"""
      {"error":{"message":"(#80002) There have been too many calls to this Instagram account. \#
      Wait a bit and try again.","type":"OAuthException","code":80002,\#
      "fbtrace_id":"A1b2C3d4E5f6"}}
      """#
    ),
    ErrorRow(
      .instagram,
      "permission",
      403,
      .reauth,
      #"""
      {"error":{"message":"(#10) Application does not have permission for this \#
      action","type":"OAuthException","code":10,"fbtrace_id":"A1b2C3d4E5f6"}}
      """#
    ),
    ErrorRow(
      .instagram,
      "unknown_transient",
      500,
      .retryable,
      #"""
      {"error":{"message":"An unexpected error has occurred. Please retry your request \#
      later.","type":"OAuthException","is_transient":true,"code":2,"fbtrace_id":"A1b2C3d4E5f6"}}
      """#
    ),
    ErrorRow(
      .instagram,
      "bad_field",
      400,
      .permanent,
      #"""
      {"error":{"message":"(#100) Tried accessing nonexisting field (foo) on node type \#
      (User)","type":"OAuthException","code":100,"fbtrace_id":"A1b2C3d4E5f6"}}
      """#
    ),
  ]
}
