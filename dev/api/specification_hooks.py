"""What schemathesis is told about the node that check-specification runs: names of what is there, so that not everything is 404.

API_NAMES is a JSON file with the names, API_BODIES has bodies that are good, by operation. API_ANSWERS is a file that is written at the end:
how often each operation answered with each status.
"""

import atexit
import collections
import json
import os
import pathlib
import threading

import schemathesis

NAMES = pathlib.Path(os.environ["API_NAMES"])
ANSWERS = pathlib.Path(os.environ["API_ANSWERS"])
BODIES = json.loads(os.environ["API_BODIES"])

answers = collections.defaultdict(collections.Counter)
lock = threading.Lock()


def known(path, name):
    """What is there in the place of a name in a path."""
    there = json.loads(NAMES.read_text())
    fitting = [prefix for prefix in there if path.startswith(prefix) and name in there[prefix]]
    return there[max(fitting, key=len)][name] if fitting else None


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Two of three names are those of something that is there."""
    if not path_parameters or context.operation is None:
        return path_parameters
    path = context.operation.path
    for name, value in path_parameters.items():
        there = known(path, name)
        if there is not None and sum(map(ord, str(value))) % 3:
            path_parameters[name] = there
    return path_parameters


@schemathesis.hook
def map_body(context, body):
    """One of two bodies is a good one, where there is one."""
    operation = context.operation
    good = operation and BODIES.get(f"{operation.method.upper()} {operation.path}")
    return good if good is not None and len(str(body)) % 2 else body


@schemathesis.hook
def after_call(context, case, response):
    """Counts."""
    with lock:
        answers[f"{case.method.upper()} {case.operation.path}"][str(response.status_code)] += 1


@atexit.register
def write_answers():
    """For check-specification."""
    ANSWERS.write_text(json.dumps(answers))
