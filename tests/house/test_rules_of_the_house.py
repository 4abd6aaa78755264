"""Rules a linter cannot express, checked on the syntax tree of every module of the product."""

import ast

import pytest

from tests.house.syntax import SRC, calls, imported, imports, trees, uses

MODULES = trees(SRC)
MAX_LINES, MAX_FUNCTION, MAX_IMPORTS = 400, 50, 20

EXCEPTIONS: dict[tuple[str, str], str] = {
    # (rule, path): reason. A path that no longer needs its exception must leave this table.
    ("imports", "accounts/__init__.py"): "the front door: it names what others use, of each file",
    ("randomness", "infra/vault.py"): "makes the installation's key and the nonce of each sealing",
}

CLOCKS = {
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "time.gmtime",
    "time.localtime",
}
RANDOM = {"random", "secrets", "uuid"}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "services"}


def _is_table(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """It only returns a list of records, as `endpoints()` does: nothing in it to follow."""
    *before, last = function.body
    return (
        isinstance(last, ast.Return)
        and isinstance(last.value, ast.List | ast.Tuple)
        and all(isinstance(line, ast.Expr | ast.Assign) for line in before)
    )


def _committers(path: str) -> bool:
    return path == "infra/database.py" or path.startswith("infra/db/")


def broken(path: str, tree: ast.Module) -> dict[str, str]:
    """The rules that a module breaks: rule → what to do about it."""
    found: dict[str, str] = {}
    if not ast.get_docstring(tree):
        found["docstring"] = "say in one line what this module is for"
    lines = len((SRC / path).read_text("utf-8").splitlines())
    if lines > MAX_LINES:
        found["lines"] = f"{lines} lines, at most {MAX_LINES}: split it by use case"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            if length > MAX_FUNCTION and not _is_table(node):
                found["function"] = f"line {node.lineno}: {node.name} has {length} lines"
    if len(imports(tree)) > MAX_IMPORTS:
        found["imports"] = f"{len(imports(tree))} imports, at most {MAX_IMPORTS}: it does too much"
    if path != "base/clock.py":
        for line, name in uses(tree):
            if name in CLOCKS:
                found["clock"] = f"line {line}: {name} reads the time; take a Clock"
    if not _committers(path):
        for call, name in calls(tree):
            if name == "commit":
                found["commit"] = f"line {call.lineno}: only the unit of work commits"
    if path != "base/ids.py" and {name.partition(".")[0] for name in imported(tree)} & RANDOM:
        found["randomness"] = "randomness is passed in: take Ids"
    stem = path.rpartition("/")[2].removesuffix(".py")
    if stem in VAGUE:
        found["name"] = "name the file after what it is or does"
    return found


def _simulator_only_seeds(path: str, tree: ast.Module) -> bool:
    """A simulated store may draw from `random.Random(seed)` and from nothing else."""
    if not path.startswith("simulator/"):
        return False
    drawn = {name for _, name in uses(tree) if name.partition(".")[0] in RANDOM}
    return drawn <= {"random", "random.Random"} and "random.SystemRandom" not in drawn


@pytest.mark.parametrize("path", MODULES)
def test_module(path: str) -> None:
    tree = MODULES[path]
    found = broken(path, tree)
    if "randomness" in found and _simulator_only_seeds(path, tree):
        del found["randomness"]

    excused = {rule for rule, where in EXCEPTIONS if where == path}

    assert not {rule: what for rule, what in found.items() if rule not in excused}
    assert excused <= found.keys(), f"{path}: no longer needs its exception, remove it"


def test_each_exception_has_a_reason_and_a_file() -> None:
    for (rule, path), reason in EXCEPTIONS.items():
        assert path in MODULES, f"{rule}: {path} is gone"
        assert len(reason.split()) >= 3, f"{path}: give the reason"


def test_the_rules_catch_what_they_are_for() -> None:
    wrong = ast.parse(
        "import secrets\n"
        "from datetime import datetime as dt\n"
        "def f(db, clock):\n"
        "    clock.now()\n"
        "    made = dt.now\n"
        "    db.commit()\n"
    )

    assert {"docstring", "clock", "commit", "randomness"} <= broken("base/errors.py", wrong).keys()
    assert "line 5" in broken("base/errors.py", wrong)["clock"]
