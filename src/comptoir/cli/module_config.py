"""`comptoir store config`: what makes a store's unmodified modules call this server."""

from pathlib import Path
from typing import Annotated, Any

import typer

from comptoir.cli.shared import AsJson, Data, fail, note, say, settings
from comptoir.prestashop.hosts import ALL, CALLED, HOSTS
from comptoir.prestashop.module_config import ConfigFile, config_files

MODULES = ("ps_eventbus", "ps_accounts")


def add_config(group: typer.Typer) -> None:
    @group.command("config")
    def config(
        module: Annotated[
            str | None, typer.Option(help="Print its config.php and nothing else")
        ] = None,
        old: Annotated[
            bool, typer.Option("--old", help="What ps_eventbus 1 to 3 reads instead")
        ] = False,
        write: Annotated[
            Path | None,
            typer.Option(help="Write them here, as below the `modules` directory of a store"),
        ] = None,
        force: Annotated[bool, typer.Option("--force", help="Replace files")] = False,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """What a store's ps_accounts and ps_eventbus need to call this server: their config.php,
        or host names that lead here."""
        chosen = settings(data=data)
        base = chosen.base
        if not chosen.public_url:
            note(f"COMPTOIR_PUBLIC_URL is not set: {base} is what the stores will call.")
        if module is not None and module not in MODULES:
            fail(f"unknown module {module}: write {' or '.join(MODULES)}", 2)
        if old and module == "ps_accounts":
            fail("ps_accounts 5 and 6 have no such file: let host names lead here instead", 2)
        found = [
            file
            for file in config_files(base)
            if (module in (None, file.module)) and (file.old is old or file.module != MODULES[0])
        ]
        written = _write(found, write, replace=force) if write is not None else []
        if as_json:
            say(_as_json(base, found, written), True, "")
        elif write is not None:
            say(None, False, "\n".join(f"wrote {path}" for path in written))
        elif module is not None:
            say(None, False, found[0].text.rstrip("\n"))
        else:
            say(None, False, _explained(base, found))


def _write(files: list[ConfigFile], folder: Path, *, replace: bool) -> list[str]:
    targets = {folder / file.path: file.text for file in files}
    there = [str(path) for path in targets if path.exists()]
    if there and not replace:
        fail(f"there already: {', '.join(there)}. Nothing was written; --force replaces them.")
    try:
        for path, text in targets.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    except OSError as wrong:
        fail(f"{wrong.filename} cannot be written: {wrong.strerror}")
    return [str(path) for path in targets]


def _as_json(base: str, files: list[ConfigFile], written: list[str]) -> dict[str, Any]:
    return {
        "base": base,
        "files": [
            {"module": f.module, "versions": f.versions, "path": f.path, "text": f.text}
            for f in files
        ],
        "written": written,
        "hosts": {host: HOSTS[host] for host in CALLED},
        "setting": {"COMPTOIR_HOST_ALIASES": ALL},
    }


def _explained(base: str, files: list[ConfigFile]) -> str:
    lines = [
        f"Two ways make a store's modules call {base}.",
        "",
        "1. Replace files in the store's modules directory. An upgrade of a module overwrites its",
        "   file, so replace it again then. Afterwards reset ps_accounts, or delete",
        "   ps_accounts/*.json in the store's cache directory.",
    ]
    for file in files:
        lines += ["", f"--- modules/{file.path} ({file.module} {file.versions})", "", file.text]
    lines += [
        "2. Or leave the modules as they are, and let the store resolve these names (its DNS, or",
        "   its hosts file) to this server:",
        "",
        *(f"     {host:42} {HOSTS[host]}" for host in CALLED),
        "",
        "   They are called by https: a certificate for all of these names, from an authority that",
        "   the store's PHP trusts (curl.cainfo), must stand in front of this server, and the Host",
        "   header must arrive. Delete ps_accounts/*.json in the store's cache directory once you",
        "   serve with",
        "",
        f"     COMPTOIR_HOST_ALIASES={ALL}",
        "",
        "   or, host by host, in the settings file:",
        "",
        "     [host_aliases]",
        *(f'     "{host}" = "{HOSTS[host]}"' for host in CALLED),
    ]
    return "\n".join(lines)
