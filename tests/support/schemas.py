"""src/api/schemas.def: what answers look like, as JSON schemas."""
import json
import re

from support import tables


def _rows(macro):
    text = (tables.TOP / "src/api/schemas.def").read_text()
    for m in re.finditer(rf'^{macro}\("?([\w-]+)"?, (?:"([^"]*)", )?', text, re.M):
        value, _ = json.JSONDecoder().raw_decode(text, m.end())
        yield m.group(1), m.group(2), value


def components():
    return {name: value for name, _, value in _rows("NX_SCHEMA")}


def params():
    return {name: value for name, _, value in _rows("NX_PARAM_SCHEMA")}


def live():
    """{route: (word, help, media type, schema)} of what the daemon alone answers"""
    text, found = (tables.TOP / "src/api/schemas.def").read_text(), {}
    for m in re.finditer(r'^NX_LIVE\((\w+), "([^"]*)",\s*"([^"]*)",\s*"([^"]*)",\s*', text, re.M):
        found[m.group(2)] = (m.group(1), m.group(3), m.group(4), json.JSONDecoder().raw_decode(text, m.end())[0])
    return found


def live_params():
    """{word: {name: where}}"""
    found = {}
    text = (tables.TOP / "src/api/schemas.def").read_text()
    for word, name, where in re.findall(r'^NX_LIVE_PARAM\((\w+), "([^"]*)", "([^"]*)"', text, re.M):
        found.setdefault(word, {})[name] = where
    return found


def spellings(route):
    """A route with and without each of its bracketed parts."""
    routes = [route]
    while "[" in routes[0]:
        routes = [r[:r.index("[")] + part + r[r.index("]") + 1:] for r in routes
                  for part in ("", r[r.index("[") + 1:r.index("]")])]
    return routes


def replies():
    """{question: {media type: schema}}"""
    found = {}
    for question, media, value in _rows("NX_REPLY"):
        found.setdefault(question, {})[media] = value
    return found


def members(schema):
    """Every member that a schema, or one in it, describes."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield from schema["properties"]
        for s in schema.values():
            yield from members(s)
    elif isinstance(schema, list):
        for s in schema:
            yield from members(s)


def _close(schema):
    """The same schema, but no member may be there that it does not describe."""
    if isinstance(schema, dict):
        closed = {k: _close(v) for k, v in schema.items()}
        if isinstance(schema.get("properties"), dict) and "allOf" not in schema:
            closed["additionalProperties"] = False
        return closed
    return [_close(s) for s in schema] if isinstance(schema, list) else schema


def validator(question, schema=None):
    """A jsonschema validator of a question's answers (or of another schema), strict about members; None where jsonschema is
    not installed."""
    try:
        import jsonschema
    except ImportError:
        return None
    defs = {name: _close(s) for name, s in components().items()}
    whole = defs["WholeRun"]  # made of two: what one describes the other must let pass
    whole["properties"] = {**defs["Run"]["properties"], **whole["properties"]}
    whole["required"] = defs["Run"]["required"] + whole["required"]
    del whole["allOf"]
    whole["additionalProperties"] = False
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": {"schemas": defs},
              **(schema or replies()[question]["application/json"])}
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
