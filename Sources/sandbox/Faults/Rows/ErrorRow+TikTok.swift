extension ErrorRow {
  static let tiktok = [
    ErrorRow(
      .tiktok,
      "oauth.invalid_request",
      400,
      .permanent,
      #"""
      {"error":"invalid_request","error_description":"Redirect_uri is not matched with the uri \#
      when requesting code.","log_id":"202206221854370101130062072500FFA2"}
      """#
    ),
    ErrorRow(
      .tiktok,
      "oauth.invalid_grant",
      400,
      .reauth,
      #"""
      {"error":"invalid_grant","error_description":"Refresh token is invalid or \#
      expired.","log_id":"202206221854370101130062072500FFA2"}
      """#
    ),
    ErrorRow(
      .tiktok,
      "oauth.invalid_client",
      401,
      .permanent,
      #"""
      {"error":"invalid_client","error_description":"Client key or secret is \#
      incorrect.","log_id":"202206221854370101130062072500FFA2"}
      """#
    ),
    ErrorRow(
      .tiktok,
      "access_token_invalid",
      401,
      .reauth,
      #"""
      {"data":{},"error":{"code":"access_token_invalid","message":"The access token is invalid or \#
      not found in the request.","log_id":"20220829194722CBE87ED59D524E727021"}}
      """#
    ),
    ErrorRow(
      .tiktok,
      "scope_not_authorized",
      401,
      .reauth,
      #"""
      {"data":{},"error":{"code":"scope_not_authorized","message":"The user did not authorize the \#
      scope required for completing this request.","log_id":"20220829194722CBE87ED59D524E727021"}}
      """#
    ),
    ErrorRow(
      .tiktok,
      "scope_permission_missed",
      400,
      .reauth,
      #"""
      {"data":{},"error":{"code":"scope_permission_missed","message":"Access token is invalid, \#
      some fields need additional scopes.","log_id":"20220829194722CBE87ED59D524E727021"}}
      """#
    ),
    ErrorRow(
      .tiktok,
      "rate_limit_exceeded",
      429,
      .quota,
      #"""
      {"data":{},"error":{"code":"rate_limit_exceeded","message":"The API rate limit was \#
      exceeded. Please try again later.","log_id":"20220829194722CBE87ED59D524E727021"}}
      """#
    ),
    ErrorRow(
      .tiktok,
      "invalid_params",
      400,
      .permanent,
      #"""
      {"data":{},"error":{"code":"invalid_params","message":"One or more fields in request is \#
      invalid.","log_id":"20220829194722CBE87ED59D524E727021"}}
      """#
    ),
    ErrorRow(
      .tiktok,
      "internal_error",
      500,
      .retryable,
      #"""
      {"data":{},"error":{"code":"internal_error","message":"Internal \#
      error.","log_id":"20220829194722CBE87ED59D524E727021"}}
      """#
    ),
  ]
}
