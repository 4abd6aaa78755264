"""Create and rename an organisation; change the role of its members, remove them."""

from comptoir.accounts import store as accounts
from comptoir.accounts.people import members, store, users, waiting
from comptoir.accounts.people.errors import (
    LastOwner,
    MemberNotFound,
    OrganisationNameInvalid,
    OrganisationNotFound,
)
from comptoir.accounts.people.invite import lock_organisation
from comptoir.accounts.people.rules import Role, User, email_key, plain_name
from comptoir.infra.work import Work


def create_organisation(work: Work, user: User, name: str) -> str:
    """The person is its owner. Returns its id. Raises: OrganisationNameInvalid."""
    return _create(work, user, _checked(name))


def create_own(work: Work, user: User) -> str:
    """For a person who belongs to none. Returns its id."""
    return _create(work, user, plain_name(user.name) or user.email)


def _create(work: Work, user: User, name: str) -> str:
    organisation_id = work.ids.uuid()
    accounts.add_organisation(work.db, organisation_id, name, work.now_ms)
    members.add_member(work.db, organisation_id, user.user_id, Role.OWNER, work.now_ms)
    work.audit("organisation.created", organisation_id=organisation_id, user_id=user.user_id)
    return organisation_id


def rename(work: Work, organisation_id: str, user_id: str, name: str) -> None:
    """Raises: OrganisationNotFound, RoleTooLow, OrganisationNameInvalid."""
    members.require_role(work.db, organisation_id, user_id, Role.ADMIN)
    accounts.rename_organisation(work.db, organisation_id, _checked(name))
    work.audit("organisation.renamed", organisation_id=organisation_id)


def _checked(name: str) -> str:
    plain = plain_name(name)
    if not plain:
        raise OrganisationNameInvalid
    return plain


def set_role(work: Work, organisation_id: str, by: str, user_id: str, role: Role) -> None:
    """`by` gives the member another role. Only owners make and unmake owners.

    Raises: OrganisationNotFound, RoleTooLow, MemberNotFound, LastOwner.
    """
    before = _about(work, organisation_id, by, user_id, role)
    _change_role(work, organisation_id, user_id, before, role)


def _change_role(work: Work, organisation_id: str, user_id: str, before: Role, role: Role) -> None:
    """Raises: LastOwner."""
    if role is before:
        return
    _keep_an_owner(work, organisation_id, before, role)
    members.set_role(work.db, organisation_id, user_id, role)
    if not role.may(before):
        waiting.withdraw_all_by(work, organisation_id, user_id)
        _withdraw_what_waits_for(work, organisation_id, user_id)
    work.audit(
        "organisation.role_changed",
        organisation_id=organisation_id,
        user_id=user_id,
        role=role.value,
        previous_role=before.value,
    )


def remove(work: Work, organisation_id: str, by: str, user_id: str) -> None:
    """`by` removes the member; or leaves, when it is themselves, whatever their role. Their stores
    stay: `accounts/leave.py`.

    Raises: OrganisationNotFound, RoleTooLow, MemberNotFound, LastOwner.
    """
    store.lock_person(work.db, user_id)
    if by == user_id:
        lock_organisation(work, organisation_id)
        before = members.require_role(work.db, organisation_id, user_id, Role.MEMBER)
    else:
        before = _about(work, organisation_id, by, user_id, Role.MEMBER)
    _keep_an_owner(work, organisation_id, before, None)
    members.remove_member(work.db, organisation_id, user_id)
    waiting.withdraw_all_by(work, organisation_id, user_id)
    if by != user_id:
        _withdraw_what_waits_for(work, organisation_id, user_id)
    action = "organisation.member_left" if by == user_id else "organisation.member_removed"
    work.audit(action, organisation_id=organisation_id, user_id=user_id, role=before.value)


def put_member(work: Work, organisation_id: str, email: str, role: Role) -> User:
    """What the operator decides for an organisation that nobody else can help: the person is a
    member, of that role; its owner, where it has none.

    Raises: OrganisationNotFound, UserNotFound, LastOwner.
    """
    user = users.take_user(work, email)
    lock_organisation(work, organisation_id)
    if accounts.find_organisation(work.db, organisation_id) is None:
        raise OrganisationNotFound
    before = members.role_in(work.db, organisation_id, user.user_id)
    if before is None:
        if role is not Role.OWNER and not members.count_owners(work.db, organisation_id):
            raise LastOwner
        members.add_member(work.db, organisation_id, user.user_id, role, work.now_ms)
        work.audit(
            "organisation.member_added",
            organisation_id=organisation_id,
            user_id=user.user_id,
            role=role.value,
        )
    else:
        _change_role(work, organisation_id, user.user_id, before, role)
    return user


def _withdraw_what_waits_for(work: Work, organisation_id: str, user_id: str) -> None:
    """At an address that has become theirs since: it would give them what they are denied."""
    user = store.find_user(work.db, user_id)
    if user is not None:
        waiting.withdraw_all_for(work, organisation_id, email_key(user.email))


def _about(work: Work, organisation_id: str, by: str, user_id: str, role: Role) -> Role:
    """The member's present role, when `by` may change it to `role`."""
    lock_organisation(work, organisation_id)
    members.require_role(work.db, organisation_id, by, Role.ADMIN)
    before = members.role_in(work.db, organisation_id, user_id)
    if before is None:
        raise MemberNotFound
    if Role.OWNER in (before, role):
        members.require_role(work.db, organisation_id, by, Role.OWNER)
    return before


def _keep_an_owner(work: Work, organisation_id: str, before: Role, after: Role | None) -> None:
    """Raises: LastOwner."""
    unmade = before is Role.OWNER and after is not Role.OWNER
    if unmade and members.count_owners(work.db, organisation_id) == 1:
        raise LastOwner
