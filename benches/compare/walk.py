#!/usr/bin/env python3
"""Valid commands by the shortest random walk over introspection: `walk.py INTROSPECTION SECONDS`, commands per second."""

import random

from pace import print_pace

DEPTH = 5


def value(types, name, depth):
    one = types[name]
    kind = one["meta-type"]
    if kind == "builtin":
        return {
            "string": lambda: "".join(random.choices("abcdef-/:.", k=random.randrange(8))),
            "int": lambda: random.randrange(-(2**31), 2**31),
            "number": random.random,
            "boolean": lambda: random.random() < 0.5,
            "null": lambda: None,
            "value": lambda: random.choice([None, 1, "x", [], {}]),
        }[one["json-type"]]()
    if kind == "enum":
        return random.choice(one["values"])
    if kind == "array":
        count = random.randrange(3) if depth < DEPTH else 0
        return [value(types, one["element-type"], depth + 1) for _ in range(count)]
    if kind == "alternate":
        return value(types, random.choice(one["members"])["type"], depth + 1)
    made = {}
    for member in one["members"]:
        if "default" not in member or depth < DEPTH and random.random() < 0.5:
            made[member["name"]] = value(types, member["type"], depth + 1)
    for variant in one.get("variants", []):
        if variant["case"] == made[one["tag"]]:
            made.update(value(types, variant["type"], depth + 1))
    return made


def generator(types, commands):
    def command():
        one = random.choice(commands)
        return one["name"], value(types, one["arg-type"], 0)

    return command


print_pace(generator)
