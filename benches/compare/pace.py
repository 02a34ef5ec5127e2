"""Commands per second of a generator, for the programs beside this one."""

import json
import sys
import time


def introspected(path):
    """The types that introspection tells, by name."""
    with open(path, encoding="ascii") as file:
        told = json.load(file)
    entities = told["return"] if isinstance(told, dict) else told
    return {one["name"]: one for one in entities}


def print_pace(generator):
    """`PROGRAM INTROSPECTION SECONDS`: prints the pace of the function that `generator` makes of the types and the
    commands among them, and which gives a command's name and its arguments."""
    types, seconds = introspected(sys.argv[1]), float(sys.argv[2])
    command = generator(types, [one for one in types.values() if one["meta-type"] == "command"])
    count, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        name, arguments = command()
        json.dumps({"execute": name, "arguments": arguments, "id": count})
        count += 1
    print(count / seconds)
