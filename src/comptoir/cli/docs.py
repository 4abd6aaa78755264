"""`comptoir docs`: write what is generated from the code, or say that it is stale."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from comptoir.cli import reference
from comptoir.infra.http.documents import documents
from comptoir.infra.http.endpoint import Endpoint
from comptoir.infra.http.samples import BASE

FOLDERS = ("contract/openapi", "contract/postman", "contract/events", "docs/reference")
"""Everything in them is generated."""

Root = Annotated[Path, typer.Option("--root", help="Where the clone is", file_okay=False)]


def make(all_endpoints: Callable[[], Sequence[Endpoint]], root_app: typer.Typer) -> typer.Typer:
    """The command group. `root_app` is the `comptoir` command that the reference describes."""
    group = typer.Typer(help="The documents generated from the code.", no_args_is_help=True)

    @group.command()
    def build(root: Root = Path()) -> None:
        """Write contract/ and docs/reference/ again."""
        wanted = generated(all_endpoints(), root_app)
        for name in stale(root, wanted):
            path = root / name
            if name in wanted:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(wanted[name], "utf-8")
                print(f"wrote {name}")
            else:
                path.unlink()
                print(f"removed {name}")

    @group.command()
    def check(root: Root = Path()) -> None:
        """End with status 1 if a generated file differs from what the code says."""
        names = stale(root, generated(all_endpoints(), root_app))
        for name in names:
            print(f"stale: {name}")
        if names:
            print("write them again: make docs")
            raise typer.Exit(1)

    return group


def generated(endpoints: Sequence[Endpoint], root_app: typer.Typer) -> dict[str, str]:
    """Path relative to the clone → text. The same for the same code."""
    made = documents(endpoints, BASE)
    files: dict[str, str] = {}
    for name, document in made.openapi.items():
        files[f"contract/openapi/{name}.json"] = _json(document)
    for name, collection in made.postman.items():
        files[f"contract/postman/{name}.json"] = _json(collection)
    for topic, schema in reference.event_schemas().items():
        files[f"contract/events/{topic}.json"] = _json(schema)
    for name, text in reference.pages(endpoints, root_app).items():
        files[f"docs/reference/{name}"] = text
    return files


def stale(root: Path, wanted: dict[str, str]) -> list[str]:
    """Files that are missing, differ, or are there and should not be."""
    there = {
        path.relative_to(root).as_posix()
        for folder in FOLDERS
        for path in (root / folder).glob("*")
        if path.suffix in (".json", ".md")
    }
    differing = {
        name
        for name, text in wanted.items()
        if name not in there or (root / name).read_text("utf-8") != text
    }
    return sorted(differing | (there - wanted.keys()))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
