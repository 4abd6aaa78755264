"""What an installation keeps: configuration rows, employees, cached files (spec/accounts.md §2.3).

It is what a copy of a store's database and disk holds.
"""

from dataclasses import dataclass, field

GLOBAL = 0
"""Stands for no shop in `rows`."""


@dataclass(slots=True)
class Employee:
    id: int
    email: str
    password: str
    profile: int = 1
    """1 is the super admin."""

    @property
    def super_admin(self) -> bool:
        return self.profile == 1


@dataclass(slots=True)
class EmployeeAccount:
    """A row of `employee_account`: who of us a user of the cloud is."""

    employee: int
    email: str
    uid: str


@dataclass(slots=True)
class CachedFile:
    text: str
    written: float
    """Seconds since the epoch."""


@dataclass(slots=True)
class Database:
    rows: dict[tuple[int, str], str] = field(default_factory=dict)
    """By (shop or `GLOBAL`, name of the configuration row)."""
    employees: list[Employee] = field(default_factory=list)
    employee_accounts: list[EmployeeAccount] = field(default_factory=list)
    files: dict[str, CachedFile] = field(default_factory=dict)

    def by_email(self, email: str) -> Employee | None:
        return next((e for e in self.employees if e.email.lower() == email.lower()), None)

    def by_id(self, number: int) -> Employee | None:
        return next((e for e in self.employees if e.id == number), None)

    def of_user(self, uid: str, email: str) -> Employee | None:
        """By the stored uid, else by e-mail; then remembered (§4.4)."""
        known = next((row for row in self.employee_accounts if row.uid == uid), None)
        employee = self.by_id(known.employee) if known else self.by_email(email)
        if employee is None:
            return None
        others = [r for r in self.employee_accounts if r.employee != employee.id and r.uid != uid]
        self.employee_accounts = [*others, EmployeeAccount(employee.id, email[:64], uid[:64])]
        return employee
