"""OpenAPI 3.1 of what the dispatcher serves, made from the services' descriptions."""

import copy
import re

from package import camel

# What any function may answer besides its own: status → (what happened, extra headers)
FAILURES = {
    "400": ("The body is no JSON (INVALID_JSON), or the request is malformed.", ()),
    "401": ("No valid token (UNAUTHORIZED).", ("WWW-Authenticate",)),
    "403": ("Not allowed (FORBIDDEN), or the quota is used up (QUOTA_EXCEEDED).", ()),
    "404": ("Not found (NOT_FOUND).", ()),
    "405": ("Another method is wanted (METHOD_NOT_ALLOWED).", ("Allow",)),
    "408": ("The request did not arrive in time.", ()),
    "409": ("Conflicts with what is stored (CONFLICT).", ()),
    "413": ("The body is too large (PAYLOAD_TOO_LARGE).", ()),
    "414": ("The URL is too long.", ()),
    "415": ("The body is not application/json (UNSUPPORTED_MEDIA_TYPE).", ()),
    "417": ("An expectation that is not 100-continue.", ()),
    "422": ("Fields that break a rule, every one listed (VALIDATION_FAILED).", ()),
    "429": ("Too many requests (RATE_LIMITED).", ("Retry-After",)),
    "431": ("The request's head is too large.", ()),
    "500": ("Our fault (INTERNAL).", ()),
    "501": ("A method or transfer coding that nobody here knows.", ()),
    "502": ("A service behind this one failed (UPSTREAM_FAILED).", ()),
    "503": ("Not now: the database or the function is away, or a setting is missing (NOT_CONFIGURED).", ("Retry-After",)),
    "504": ("A service behind this one took too long (UPSTREAM_TIMEOUT).", ()),
}
BODYLESS = {"get", "head", "delete", "options"}
RATE_LIMITS = ("RateLimit", "RateLimit-Policy")

# What the dispatcher may answer in the place of any service, in its own words.
DISPATCHER = ("400", "405", "408", "413", "414", "417", "431", "500", "501", "502", "503", "504")

HEADERS = {
    "x-request-id": ("The request's id: the client's own if it was sane.", {"type": "string"}, True),
    "RateLimit": ("What is left, and the seconds until it is whole again.", {"type": "string"}, False),
    "RateLimit-Policy": ("The limit and its window.", {"type": "string"}, False),
    "Retry-After": ("Seconds to wait.", {"type": "integer", "minimum": 0}, False),
    "WWW-Authenticate": ("How to sign in.", {"type": "string"}, False),
    "Allow": ("The methods that are taken.", {"type": "string"}, False),
}

ERROR = {
    "type": "object",
    "required": ["success", "error"],
    "properties": {
        "success": {"const": False},
        "error": {
            "type": "object",
            "required": ["code", "message", "request_id"],
            "properties": {
                "code": {"type": "string", "pattern": "^[A-Z][A-Z_]*$"},
                "message": {"type": "string"},
                "details": {"description": "Every bad field, or what the code has to say."},
                "request_id": {"type": "string"},
            },
        },
    },
}

HEALTH = {
    "type": "object",
    "required": ["status", "name"],
    "properties": {
        "status": {"type": "string"},
        "name": {"type": "string"},
        "version": {"type": "string"},
        "uptime_seconds": {"type": "number"},
        "checks": {"type": "object"},
    },
}


def openapi(services):
    """The whole document, as a dictionary."""
    schemas = {"Error": ERROR, "Health": HEALTH}
    paths = {"/health": {"get": _health()}}
    for service in services:
        if service["kind"] == "function":
            paths[f"/functions/v1/{service['name']}"] = _path(service, schemas)
        for operation in service.get("operations", ()):
            paths.setdefault(operation["path"], {})[operation["method"].lower()] = _operation(service, operation)
        for name, schema in service.get("$defs", {}).items():
            schemas[_prefix(service) + name] = _prefixed(schema, service)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "StreamVibe",
            "version": services[0]["version"],
            "description": "What the dispatcher serves: auth, REST and the edge functions. Each function is also served at /<name>.",
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "headers": {
                name: {"description": text, "schema": schema, "required": required}
                for name, (text, schema, required) in HEADERS.items()
            },
            "responses": {status: _failure(text, headers) for status, (text, headers) in _named_failures().items()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A user's access token."},
                "apikey": {"type": "apiKey", "in": "header", "name": "apikey", "description": "The anon or the service key."},
                "service": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The service key."},
            },
        },
    }


def _named_failures():
    return {f"Failure{status}": value for status, value in FAILURES.items()}


def _failure(text, headers):
    return {
        "description": text,
        "headers": _headers(*headers),
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }


def _headers(*names):
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("x-request-id", *names)}


def _path(service, schemas):
    shared = {
        "operationId": service["name"],
        "summary": service["summary"],
        "tags": [service["name"]],
        "security": _security(service["caller"]),
        "responses": _responses(service, schemas),
    }
    item = {}
    for method in (name.lower() for name in service["methods"]):
        operation = copy.deepcopy(shared)
        if len(service["methods"]) > 1:
            operation["operationId"] = f"{service['name']}-{method}"
        _describe_input(operation, method, service, schemas)
        item[method] = operation
    return item


def _security(caller):
    return {"visitor": [{}, {"bearer": []}, {"apikey": []}], "service_role": [{"service": []}, {"apikey": []}]}.get(
        caller, [{"bearer": []}])


def _component(service, part, schemas):
    """Files a schema under components and answers a reference; its own $defs stay reachable."""
    schema = service.get(part)
    if schema is None:
        return None
    name = camel(service["name"]) + part.capitalize()
    schemas[name] = _rebased(schema, f"#/components/schemas/{name}")
    return {"$ref": f"#/components/schemas/{name}"}


def _rebased(value, base):
    if isinstance(value, dict):
        return {
            key: base + inner[1:] if key == "$ref" and isinstance(inner, str) and inner.startswith("#/$defs/") else _rebased(inner, base)
            for key, inner in value.items() if key not in ("$schema", "$id")
        }
    return [_rebased(inner, base) for inner in value] if isinstance(value, list) else value


def _prefix(service):
    return camel(service["name"])


def _prefixed(value, service):
    """With references to the service's own schemas made references to components."""
    if isinstance(value, dict):
        return {
            key: f"#/components/schemas/{_prefix(service)}{inner[8:]}" if key == "$ref" and inner.startswith("#/$defs/") else _prefixed(inner, service)
            for key, inner in value.items()
        }
    return [_prefixed(inner, service) for inner in value] if isinstance(value, list) else value


def _operation(service, described):
    """An operation that a service describes itself."""
    method, path = described["method"].lower(), described["path"]
    operation = {
        "operationId": "-".join([method, *re.findall(r"[\w.]+", path)]),
        "summary": described["summary"],
        "tags": [service["name"]],
        "security": [{} if name == "none" else {name: []} for name in described["credentials"]],
        "parameters": _prefixed(described["parameters"], service),
    }
    if "requestBody" in described:
        operation["requestBody"] = _prefixed(described["requestBody"], service)
    responses = operation["responses"] = _prefixed(described["responses"], service)
    for response in responses.values():
        response["headers"] = {**_headers(), **response["headers"]}
    for status in DISPATCHER:
        if status not in responses:
            responses[status] = {"$ref": f"#/components/responses/Failure{status}"}
            continue
        content = responses[status].get("content", {}).get("application/json")
        if content:
            content["schema"] = {"anyOf": [content["schema"], {"$ref": "#/components/schemas/Error"}]}
    operation["responses"] = dict(sorted(responses.items()))
    return operation


def _describe_input(operation, method, service, schemas):
    reference = _component(service, "input", schemas)
    if reference is None:
        return
    if method not in BODYLESS:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference}}}
        return
    schema = schemas[camel(service["name"]) + "Input"]
    operation["parameters"] = [
        {"name": name, "in": "query", "required": name in schema.get("required", []), "schema": field}
        for name, field in schema.get("properties", {}).items()
    ]


def _responses(service, schemas):
    limited = RATE_LIMITS if service.get("rate_limit") != "exempt" else ()
    output = _component(service, "output", schemas) or {"type": "object"}
    responses = {
        "200": {
            "description": "Done.",
            "headers": _headers(*limited),
            "content": {"application/json": {"schema": output}},
        }
    }
    for status in FAILURES:
        responses[status] = {"$ref": f"#/components/responses/Failure{status}"}
    responses["default"] = {"$ref": "#/components/responses/Failure500"}
    return responses


def _health():
    answer = {
        "headers": _headers(),
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}},
    }
    return {
        "operationId": "health",
        "summary": "Whether everything behind the dispatcher is ready.",
        "tags": ["health"],
        "security": [],
        "responses": {
            "200": {"description": "Ready.", **answer},
            "503": {"description": "Something is not.", **answer},
            "default": {"$ref": "#/components/responses/Failure500"},
        },
    }
