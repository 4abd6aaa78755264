"""Every failure is documented, unique and named after the package that raises it."""

import pkgutil
from importlib import import_module

import comptoir
from comptoir.base.errors import Problem

# Codes that a protocol fixes. Their package is the only one that may use them.
PROTOCOL = {
    # RFC 6749 §5.2 and §4.1.2.1, RFC 6750 §3.1
    "oauth": (
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "invalid_scope",
        "invalid_token",
        "invalid_target",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
        "access_denied",
        "server_error",
    ),
    # spec/accounts.md §2.1: what the accounts module knows by name
    "accounts": ("store-identity/", "store/", "token/"),
}


def leaves(cls: type[Problem]) -> list[type[Problem]]:
    below = cls.__subclasses__()
    return [leaf for sub in below for leaf in leaves(sub)] if below else [cls]


def problems() -> list[type[Problem]]:
    for module in pkgutil.walk_packages(comptoir.__path__, "comptoir."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            import_module(module.name)
    return [
        problem
        for problem in leaves(Problem)
        if hasattr(problem, "code") and problem.__module__.startswith("comptoir.")
    ]


def test_each_problem_has_a_unique_code_named_after_its_package() -> None:
    found = problems()
    codes = [problem.code for problem in found]

    assert codes
    assert sorted(codes) == sorted(set(codes))
    for problem in found:
        package = problem.__module__.split(".")[1]
        fixed = problem.code.startswith(PROTOCOL.get(package, ()))
        assert fixed or problem.code.startswith(package + "."), problem


def test_each_problem_says_what_it_is() -> None:
    for problem in problems():
        assert problem.title, problem
        assert problem.status, problem
        assert problem.__doc__, problem
        assert not problem.__doc__.startswith(problem.__name__ + "("), f"{problem}: no docstring"
