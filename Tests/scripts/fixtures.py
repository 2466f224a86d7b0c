"""Services as executables describe them."""


def setting(name, required=False, secret=False, default=None):
    return {"name": name, "default": default, "required": required, "secret": secret, "description": f"What {name} is."}


def function(name="say-hello", **changes):
    return {
        "name": name, "kind": "function", "version": "0.1.0", "summary": "Says hello.", "methods": ["POST"],
        "paths": [f"/functions/v1/{name}", f"/{name}"], "caller": "user", "login": "edge", "quota": None,
        "rate_limit": "standard", "timeout_seconds": 30, "body_limit_bytes": 1048576, "memory_mb": 64,
        "settings": [
            setting("DATABASE_URL", required=True, secret=True), setting("JWT_JWKS", required=True),
            setting("LISTEN"), setting("LOG_LEVEL", default="info"), setting("METRICS_LISTEN")],
        "input": {
            "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["name"],
            "properties": {"name": {"type": "string"}, "mood": {"$ref": "#/$defs/Mood"}},
            "$defs": {"Mood": {"type": "string", "enum": ["good", "bad"]}}},
        "output": {"type": "object", "required": ["success"], "properties": {"success": {"const": True}}},
        **changes,
    }


def service(name="auth", **changes):
    """One that describes its operations itself."""
    answer = {"description": "Found.", "headers": {}, "content": {"application/json": {"schema": {"$ref": "#/$defs/User"}}}}
    refusal = {"description": "Wrong.", "headers": {}, "content": {"application/json": {"schema": {"$ref": "#/$defs/Error"}}}}
    return {
        "name": name, "kind": "service", "version": "0.1.0", "summary": "Keeps users.", "paths": [f"/{name}/v1"], "login": None,
        "memory_mb": 64, "local": False, "settings": [setting("LISTEN")],
        "operations": [
            {"method": "GET", "path": f"/{name}/v1/users/{{id}}", "summary": "A user.", "credentials": ["none", "bearer"],
             "parameters": [{"name": "id", "in": "path", "required": True, "description": "its id", "schema": {"type": "string"}}],
             "responses": {"200": answer, "400": refusal, "404": refusal}},
            {"method": "PUT", "path": f"/{name}/v1/users/{{id}}", "summary": "Changes a user.", "credentials": ["service"],
             "parameters": [{"name": "id", "in": "path", "required": True, "description": "its id", "schema": {"type": "string"}}],
             "requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": "#/$defs/User"}}}},
             "responses": {"200": answer}}],
        "$defs": {
            "User": {"type": "object", "properties": {"friends": {"type": "array", "items": {"$ref": "#/$defs/User"}}}},
            "Error": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}},
        **changes,
    }


def dispatcher():
    return {
        "name": "dispatcher", "kind": "process", "version": "0.1.0", "summary": "Forwards by path.", "methods": [], "paths": [],
        "caller": "visitor", "login": None, "quota": None, "rate_limit": "exempt", "timeout_seconds": 150,
        "body_limit_bytes": 1048576, "memory_mb": 64, "input": None, "output": None,
        "settings": [
            setting("EDGE_PROXY_KEY", required=True, secret=True), setting("LISTEN"), setting("METRICS_LISTEN"),
            setting("OPENAPI"), setting("PORT", default="54321"), setting("RUN_DIR"), setting("SERVICES"), setting("UPSTREAMS")],
    }
