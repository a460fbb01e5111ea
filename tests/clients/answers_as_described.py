"""Holds what a project's service answers against its description: answers_as_described.py URL PARCELS_FILE.

The project has one scenario with a plan. Asks everything that the map asks, and every kind of job for its result.
"""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import jsonschema_rs

BASE, PARCELS = sys.argv[1], Path(sys.argv[2])
ASKED = set()


def send(method, path, body=None, kind="application/json"):
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data, {"Content-Type": kind}, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers.get_content_type(), json.load(answer)
    except urllib.error.HTTPError as failure:
        return failure.code, failure.headers.get_content_type(), json.load(failure)


_, _, DOCUMENT = send("GET", "/api/v1/openapi.json")


def validator(schema):
    return jsonschema_rs.Draft202012Validator({"components": DOCUMENT["components"], **schema})


def ask(method, template, query="", body=None, kind="application/json", failing=False, **params):
    """An answer, which is as its operation says."""
    path = template
    for name, value in params.items():
        path = path.replace("{" + name + "}", urllib.parse.quote(str(value), safe=""))
    status, media, answer = send(method, path + query, body, kind)
    assert (status >= 400) == failing, (method, path, status, answer)
    responses = DOCUMENT["paths"][template][method.lower()]["responses"]
    told = responses["default"] if failing else responses[str(status)]
    wrong = [f"{list(e.instance_path)}: {e.message[:300]}" for e in validator(told["content"][media]["schema"]).iter_errors(answer)]
    assert not wrong, (method, path, wrong[:5])
    ASKED.add((method, template))
    return answer


def result(queued, kind):
    """What comes of a job, which is of the form of its kind."""
    while True:
        job = ask("GET", "/api/v1/jobs/{id}", id=queued["id"])
        if job["state"] not in ("queued", "running"):
            break
        time.sleep(0.1)
    assert job["state"] == "done", job
    wrong = [e.message[:300] for e in validator({"$ref": f"#/components/schemas/{kind}"}).iter_errors(job["result"])]
    assert not wrong, (kind, wrong[:5])
    return job["result"]


API = "/api/v1"
for plain in ("config", "project", "layers", "policies", "scenarios", "plans", "jobs", "tilesets"):
    ask("GET", f"{API}/{plain}")
[layer] = ask("GET", f"{API}/layers")
[scenario] = ask("GET", f"{API}/scenarios")
of = {"id": scenario["id"]}
plan = ask("GET", f"{API}/scenarios/{{id}}/plans", **of)[-1]
ask("GET", f"{API}/layers/{{id}}", id=layer["id"])
ask("GET", f"{API}/layers/{{id}}/tiles.json", id=layer["id"])
ask("GET", f"{API}/policies/{{name}}/{{version}}", **scenario["policy"])
for part in ("", "/policy", "/decisions"):
    ask("GET", f"{API}/scenarios/{{id}}{part}", **of)
ask("GET", f"{API}/scenarios/{{id}}/years", "?years=1", **of)
columns = ask("GET", f"{API}/scenarios/{{id}}/parcels", **of)
for indicator in columns["indicators"]:
    ask("GET", f"{API}/scenarios/{{id}}/indicators/{{indicator}}", indicator=indicator["id"], **of)
transfers = ask("GET", f"{API}/plans/{{id}}/transfers", id=plan["id"])["transfers"]
assert transfers, "something moves"
for fid in [t["fid"] for t in transfers] + list(range(1, 30)):
    ask("GET", f"{API}/scenarios/{{id}}/parcels/{{fid}}", fid=fid, **of)
first = transfers[0]["parcel"]
assert ask("GET", f"{API}/scenarios/{{id}}/search", f"?q={urllib.parse.quote(first)}", **of)
ask("POST", f"{API}/scenarios/{{id}}/veto", body={"parcel": first}, **of)
for part in ("", "/steps", "/sub-parks"):
    ask("GET", f"{API}/plans/{{id}}{part}", id=plan["id"])
for when in ("before", "after"):
    ask("GET", f"{API}/plans/{{id}}/blocks", f"?when={when}", id=plan["id"])
for change in ({}, {"objective": {"lambda": 30.0}}, {"constraints": {"max_moved_parcels": 0}}):
    ask("POST", f"{API}/scenarios/{{id}}/preview", body={"client": "c", "change": change}, **of)
ask("GET", f"{API}/compare", f"?scenarios={scenario['id']}")

# What fails is a problem; one of a faster hand says what it did.
ask("GET", f"{API}/scenarios/{{id}}", id=99, failing=True)
decided = {"based_on": scenario["version"], "decisions": [{"kind": "reject", "parcel": first}]}
ask("POST", f"{API}/scenarios/{{id}}/decisions", body=decided, **of)
conflict = ask("POST", f"{API}/scenarios/{{id}}/decisions", body=decided, failing=True, **of)
assert conflict["now"]["version"] > scenario["version"] and conflict["since"], conflict

# Jobs of every kind.
name = urllib.parse.quote(PARCELS.name)
sent = ask("POST", f"{API}/uploads", f"?name={name}", PARCELS.read_bytes(), "application/octet-stream")
files = {"files": [{"name": PARCELS.name, "upload": sent["upload"]}], "main": PARCELS.name}
found = result(ask("POST", f"{API}/checks", body=files), "Inspection")
result(ask("POST", f"{API}/checks", body={**files, "columns": found["meaning"]}), "Inspection")
result(ask("POST", f"{API}/imports", body={**files, "title": "again", "policy_text": found["draft"]["text"]}), "Imported")
for form in ("shp", "folder"):
    result(ask("POST", f"{API}/plans/{{id}}/exports", body={"format": form}, id=plan["id"]), "Exported")
result(ask("POST", f"{API}/scenarios/{{id}}/frontier", body={"steps": 3}, **of), "Frontier")
result(ask("POST", f"{API}/scenarios/{{id}}/plans", body={}, **of), "Planned")
ask("GET", f"{API}/jobs")
ask("GET", f"{API}/compare", f"?scenarios={scenario['id']},{scenario['id'] + 1}")

left = {(m.upper(), p) for p, item in DOCUMENT["paths"].items() for m in item if m in ("get", "post", "patch", "delete")} - ASKED
print("as described; not asked:", sorted(left))
