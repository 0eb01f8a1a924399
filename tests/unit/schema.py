#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold docs/vps.json.schema.json to the verdicts of the corpus that test_spec holds the parser to.

usage: schema.py SCHEMA CORPUS

A document marked "blind" is refused by the parser alone: its fault lies between two
values, or in arithmetic that a schema does not have.
"""
import json
import os
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(1 if os.environ.get("VPS_MUST_RUN") == "1" else 77)


def main(schema_path, corpus_path):
    with open(schema_path) as file:
        schema = json.load(file)
    with open(corpus_path) as file:
        corpus = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong = 0
    for index, case in enumerate(corpus):
        is_valid = validator.is_valid(case["document"])
        if is_valid != ("error" not in case or case.get("blind", False)):
            wrong += 1
            print(f"[{index}] schema {'accepts' if is_valid else 'refuses'} {case}")
    print(f"{len(corpus) - wrong} of {len(corpus)} verdicts agree")
    return 1 if wrong else 0


sys.exit(main(*sys.argv[1:]))
