#!/usr/bin/env python3
"""Valid commands by hypothesis-jsonschema: `strategies.py INTROSPECTION SECONDS`, commands per second.

Types are written out to a depth, as that generator follows no schema that refers to itself.
"""

import random
import warnings

from hypothesis.errors import NonInteractiveExampleWarning
from hypothesis_jsonschema import from_schema
from pace import print_pace

warnings.simplefilter("ignore", NonInteractiveExampleWarning)
DEPTH = 3
SCALARS = {
    "string": {"type": "string"},
    "int": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "null": {"type": "null"},
    "value": {"type": ["null", "integer", "string"]},
}


def schema(types, name, depth):
    one = types[name]
    kind = one["meta-type"]
    if kind == "builtin":
        return SCALARS[one["json-type"]]
    if kind == "enum":
        return {"enum": one["values"]}
    if kind == "array":
        items = schema(types, one["element-type"], depth + 1)
        return {"type": "array", "items": items, "maxItems": 2 if depth < DEPTH else 0}
    if kind == "alternate":
        return {"anyOf": [schema(types, member["type"], depth + 1) for member in one["members"][:2]]}
    return merged(types, one["members"], one.get("variants", []), one.get("tag"), depth)


def merged(types, members, variants, tag, depth):
    wanted = [member for member in members if "default" not in member or depth < DEPTH]
    made = {
        "type": "object",
        "properties": {member["name"]: schema(types, member["type"], depth + 1) for member in wanted},
        "required": [member["name"] for member in members if "default" not in member],
        "additionalProperties": False,
    }
    if not variants or depth >= DEPTH:
        return made
    branches = []
    for variant in variants:
        branch = schema(types, variant["type"], depth + 1)
        both = {**made["properties"], **branch["properties"], tag: {"const": variant["case"]}}
        branches.append({**made, "properties": both, "required": made["required"] + branch["required"]})
    return {"anyOf": branches}


def generator(types, commands):
    # Making a strategy costs once for each command, and is left out of the time.
    chosen = random.Random(1).sample(commands, 40)
    strategies = [(one["name"], from_schema(schema(types, one["arg-type"], 0))) for one in chosen]

    def command():
        name, strategy = random.choice(strategies)
        return name, strategy.example()

    return command


print_pace(generator)
