"""docs/security.md names tests that there are."""

import re

from tests.fixtures import REPO
from tests.house.syntax import TESTS, trees

PAGE = (REPO / "docs" / "security.md").read_text("utf-8")
THERE = {
    node.name
    for path, tree in trees(TESTS).items()
    if "oauth/security/" in path
    for node in tree.body
    if hasattr(node, "name")
}


def test_every_named_test_is_there() -> None:
    named = re.findall(r"`(test_\w+)`", PAGE)

    assert len(named) > 50
    assert sorted(set(named) - THERE) == []
    assert len(named) == len(set(named)), "one row for each"


def test_every_requirement_names_a_test() -> None:
    rows = [line.split("|")[1:4] for line in PAGE.splitlines() if line.startswith("| ")][1:]

    assert rows
    for clause, requirement, tests in rows:
        assert clause.strip()
        assert requirement.strip()
        assert re.search(r"`test_\w+`", tests), requirement
