"""Tests patch nothing and sleep never: what they need is passed in."""

import ast

import pytest

from tests.house.syntax import TESTS, calls, imported, trees, uses

FILES = trees(TESTS)

EXCEPTIONS: dict[str, str] = {
    "eventually.py": "the one place that waits for another process",
}


def broken(tree: ast.Module) -> list[str]:
    found = [
        f"imports {name}: pass a fake instead of patching"
        for name in imported(tree)
        if name in ("mock", "pytest_mock") or name.startswith("unittest.mock")
    ]
    found += [
        f"line {line}: uses {name}: move a FrozenClock, or wait in tests/eventually.py"
        for line, name in uses(tree)
        if name == "time.sleep"
    ]
    for call, name in calls(tree):
        if name in ("setattr", "setitem", "delattr") and _on_monkeypatch(call):
            found.append(f"line {call.lineno}: monkeypatch.{name}: pass a fake instead")
        if name == "sleep" and not _zero(call):
            found.append(f"line {call.lineno}: sleeps: wait in tests/eventually.py")
    return found


def _on_monkeypatch(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and "monkeypatch" in ast.unparse(call.func.value)


def _zero(call: ast.Call) -> bool:
    return (
        len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
    )


@pytest.mark.parametrize("path", FILES)
def test_file(path: str) -> None:
    found = broken(FILES[path])

    if path in EXCEPTIONS:
        assert found, f"{path}: no longer needs its exception, remove it"
    else:
        assert not found


def test_the_rules_catch_what_they_are_for() -> None:
    patched = "def f(monkeypatch):\n    monkeypatch.setattr(os, 'getpid', 1)"
    assert broken(ast.parse(patched))
    assert broken(ast.parse("from unittest import mock"))
    assert broken(ast.parse("from time import sleep\nsleep(1)"))
    assert broken(ast.parse("import asyncio\nasyncio.sleep(0.1)"))
    assert not broken(ast.parse("import asyncio\nasyncio.sleep(0)"))
