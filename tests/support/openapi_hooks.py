"""What schemathesis is told of a daemon beyond its description: a module of hooks, which schemathesis itself loads.

So this runs in the Python of scripts/venv, with the packages there. $NX_OPENAPI_REAL is a file with what is there to be
asked for: `parameters`, {name: values}, which are tried beside random ones; `cursors`, {question: schema}; and `cases`,
sets of values that belong together, each of which is asked of every operation that takes them. $NX_OPENAPI_CALLS is the
file to which every call goes: a line of JSON each.
"""
import io
import json
import os
import pathlib

import requests
import schemathesis
import urllib3

REAL = json.loads(pathlib.Path(os.environ["NX_OPENAPI_REAL"]).read_text())
CALLS = open(os.environ["NX_OPENAPI_CALLS"], "a", buffering=1)
send = requests.adapters.HTTPAdapter.send


def first_event(raw):
    """Of a stream without an end, the part up to the first empty line."""
    data = b""
    while not data.endswith(b"\n\n") and len(data) < 1 << 16:
        part = raw.read(1)
        if not part:
            break
        data += part
    raw.close()
    return data


def send_bounded(self, request, **kw):
    response = send(self, request, **{**kw, "stream": True})
    if response.headers.get("Content-Type") == "text/event-stream" and request.method == "GET":
        response.raw = urllib3.HTTPResponse(io.BytesIO(first_event(response.raw)), status=response.status_code,
                                            headers=response.raw.headers, preload_content=False)
    return response


requests.adapters.HTTPAdapter.send = send_bounded


def put_values(operation):
    for parameter in operation["parameters"]:
        name, schema = parameter["name"], parameter["schema"]
        if name == "after" and operation["operationId"] != "events":
            # That a cursor came of an earlier answer is more than a schema can say.
            parameter["schema"] = REAL["cursors"][operation["operationId"].split("-")[0]]
        elif name in REAL["parameters"]:
            parameter["schema"] = {"anyOf": [{"enum": REAL["parameters"][name]}, schema]}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for path in raw_schema["paths"].values():
        put_values(path["get"])
    # OpenAPI 3.1 describes the stream, which is text; schemathesis compares each event with it.
    parts = ["event", "id", "data"]
    answer = raw_schema["paths"]["/api/v1/events"]["get"]["responses"]["200"]
    answer["content"]["text/event-stream"]["schema"] = {"type": "object", "required": parts,
                                                        "properties": {n: {"type": "string"} for n in parts}}


@schemathesis.hook
def before_add_examples(context, examples):
    operation = context.operation
    path = [p.name for p in operation.path_parameters]
    query = [p.name for p in operation.query if p.is_required]
    asked = set()
    for values in REAL["cases"]:
        chosen = tuple(values.get(n) for n in path + query)
        if None not in chosen and chosen not in asked:
            asked.add(chosen)
            examples.append(operation.Case(path_parameters={n: values[n] for n in path},
                                           query={n: values[n] for n in query}))


@schemathesis.hook
def after_call(context, case, response):
    call = {"operation": case.operation.definition.raw["operationId"], "method": response.request.method,
            "status": response.status_code, "url": response.request.url, "allow": response.headers.get("allow")}
    CALLS.write(json.dumps(call) + "\n")
