"""The product's modules as syntax trees, with names resolved to where they come from."""

import ast
from pathlib import Path

from tests.fixtures import REPO

SRC = REPO / "src" / "comptoir"
TESTS = REPO / "tests"


def trees(root: Path) -> dict[str, ast.Module]:
    """Each Python file below `root`, by its path relative to it."""
    return {
        path.relative_to(root).as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted(root.rglob("*.py"))
    }


def imports(tree: ast.AST) -> list[ast.Import | ast.ImportFrom]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def imported(tree: ast.AST) -> set[str]:
    """The modules a file imports, with the names taken `from` them: `a`, `a.b`."""
    found: set[str] = set()
    for node in imports(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        else:
            module = node.module or ""
            found.add(module)
            found.update(f"{module}.{alias.name}" for alias in node.names)
    return found


def uses(tree: ast.AST) -> list[tuple[int, str]]:
    """Every dotted name the file reads, as (line, origin).

    After `from datetime import datetime as dt`, `dt.now` is read as `datetime.datetime.now`.
    """
    origin: dict[str, str] = {}
    for statement in imports(tree):
        for alias in statement.names:
            if isinstance(statement, ast.ImportFrom):
                origin[alias.asname or alias.name] = f"{statement.module}.{alias.name}"
            elif alias.asname:
                origin[alias.asname] = alias.name
            else:
                top = alias.name.partition(".")[0]
                origin[top] = top
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            name = dotted(node)
            head, dot, rest = name.partition(".")
            if head in origin:
                found.append((node.lineno, origin[head] + dot + rest))
    return found


def dotted(node: ast.AST) -> str:
    """`a.b.c` for the attribute chain that starts at a plain name; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr}" if left else ""
    return ""


def calls(tree: ast.AST) -> list[tuple[ast.Call, str]]:
    """Every call with the last word of what is called: `commit` for `self.db.commit()`."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                found.append((node, node.func.attr))
            elif isinstance(node.func, ast.Name):
                found.append((node, node.func.id))
    return found
