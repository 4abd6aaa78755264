"""Who may change an organisation and its members. Someone outside is told that there is none."""

from datetime import timedelta

import pytest

from comptoir.accounts import hand_over, leave
from comptoir.accounts.people import invite, members, organise
from comptoir.accounts.people.errors import (
    LastOwner,
    MemberNotFound,
    OrganisationNameInvalid,
    OrganisationNotFound,
    RoleTooLow,
)
from comptoir.accounts.people.rules import Role, plain_name
from tests.accounts.people.conftest import Town

OWNER, ADMIN, MEMBER = Role


def test_roles_are_changed_by_who_may(town: Town) -> None:
    owner, admin, member, stranger = (town.user(n) for n in ("owner", "admin", "member", "other"))
    here = town.home(owner)
    town.joins(admin, here, ADMIN)
    town.joins(member, here, MEMBER)

    def change(by: str, whose: str, role: Role) -> None:
        town.do(lambda work: organise.set_role(work, here, by, whose, role))

    change(admin.user_id, member.user_id, ADMIN)
    assert town.role(member, here) is ADMIN
    change(admin.user_id, member.user_id, MEMBER)

    with pytest.raises(RoleTooLow):
        change(member.user_id, member.user_id, ADMIN)
    with pytest.raises(RoleTooLow):
        change(admin.user_id, member.user_id, OWNER)
    with pytest.raises(RoleTooLow):
        change(admin.user_id, owner.user_id, MEMBER)
    with pytest.raises(RoleTooLow):
        change(admin.user_id, admin.user_id, OWNER)
    with pytest.raises(OrganisationNotFound):
        change(stranger.user_id, member.user_id, ADMIN)
    with pytest.raises(MemberNotFound):
        change(owner.user_id, stranger.user_id, ADMIN)
    with pytest.raises(LastOwner):
        change(owner.user_id, owner.user_id, ADMIN)

    change(owner.user_id, admin.user_id, OWNER)
    change(admin.user_id, owner.user_id, MEMBER)
    assert (town.role(owner, here), town.role(admin, here)) == (MEMBER, OWNER)
    assert town.audited("organisation.role_changed") == 4


def test_members_are_removed_and_leave_but_for_the_last_owner(town: Town) -> None:
    owner, admin, member, stranger = (town.user(n) for n in ("owner", "admin", "member", "other"))
    here = town.home(owner)
    town.joins(admin, here, ADMIN)
    town.joins(member, here, MEMBER)

    def remove(by: str, whose: str) -> None:
        town.do(lambda work: leave.remove_member(work, here, by, whose))

    with pytest.raises(RoleTooLow):
        remove(member.user_id, admin.user_id)
    with pytest.raises(RoleTooLow):
        remove(admin.user_id, owner.user_id)
    with pytest.raises(OrganisationNotFound):
        remove(stranger.user_id, member.user_id)
    with pytest.raises(OrganisationNotFound):
        remove(stranger.user_id, stranger.user_id)
    with pytest.raises(LastOwner):
        remove(owner.user_id, owner.user_id)

    remove(admin.user_id, member.user_id)
    remove(admin.user_id, admin.user_id)
    assert [m.user_id for m in town.look(lambda db: members.members_of(db, here))] == [
        owner.user_id
    ]


@pytest.mark.parametrize("how", ["removed", "left", "demoted"])
def test_what_they_offered_is_withdrawn_and_told_in_the_log(town: Town, how: str) -> None:
    """But not what was over: that ended in another way, once."""
    owner, admin = town.user("owner"), town.user("admin")
    shop = town.shop(owner)
    here = shop.organisation_id
    town.joins(admin, here, ADMIN)

    def offers(name: str) -> None:
        email = f"{name}@town.example"
        town.do(lambda work: invite.invite(work, town.vault, here, admin, email, MEMBER))
        town.do(lambda work: hand_over.offer(work, town.vault, shop.shop_id, admin, email))

    offers("late")
    town.clock.advance(timedelta(days=7))
    offers("friend")
    offers("other")
    assert town.audited("store.offer_withdrawn") == 1, "a store is offered to one at a time"

    if how == "demoted":
        town.do(lambda w: organise.set_role(w, here, owner.user_id, admin.user_id, MEMBER))
    else:
        by = owner if how == "removed" else admin
        town.do(lambda w: organise.remove(w, here, by.user_id, admin.user_id))
    assert town.audited("organisation.invitation_withdrawn") == 2
    assert town.audited("store.offer_withdrawn") == 2


def test_the_stores_of_who_leaves_get_another_point_of_contact(town: Town) -> None:
    owner, member = town.user("owner"), town.user("member")
    shop = town.shop(member)
    here = shop.organisation_id
    town.joins(owner, here, OWNER)
    kept = town.shop(owner)

    town.do(lambda work: leave.remove_member(work, here, member.user_id, member.user_id))

    changed = town.find(shop)
    assert changed.organisation_id == here
    assert (changed.point_of_contact_uuid, changed.point_of_contact_email) == (
        owner.user_id,
        owner.email,
    )
    assert town.find(kept) == kept
    assert len(town.announced("accounts.shop.owner_changed.v1")) == 1


def test_organisations_are_created_and_renamed(town: Town) -> None:
    owner, member = town.user("owner"), town.user("member")
    made = town.do(lambda work: organise.create_organisation(work, owner, " Ateliers\n du  Sud "))
    town.joins(member, made, MEMBER)
    names = {
        o.organisation_id: o.name
        for o in town.look(lambda db: members.organisations_of(db, owner.user_id))
    }
    assert names[made] == "Ateliers du Sud"

    town.refuses(RoleTooLow, lambda work: organise.rename(work, made, member.user_id, "Mine"))
    town.refuses(
        OrganisationNotFound, lambda work: organise.rename(work, "no such", owner.user_id, "Mine")
    )
    town.refuses(
        OrganisationNameInvalid, lambda work: organise.rename(work, made, owner.user_id, " \t ")
    )
    town.do(lambda work: organise.rename(work, made, owner.user_id, "Sud"))
    summary = {o.organisation_id: o for o in town.look(members.all_organisations)}[made]
    assert (summary.name, summary.members, summary.stores) == ("Sud", 2, 0)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Dupont & fils", "Dupont & fils"),
        ("a\u202eb", "a b"),
        ("", ""),
        ("x" * 100, "x" * 100),
        ("x" * 101, ""),
        ("Win at https://bad.example", ""),
        ("see WWW.bad.example", ""),
        ("Hello\r\nBcc: all", "Hello Bcc: all"),
    ],
)
def test_a_name_is_one_line_without_a_link(given: str, kept: str) -> None:
    assert plain_name(given) == kept


def test_an_organisation_that_cannot_be(town: Town) -> None:
    one, name = town.user("one"), "a\0b"
    for run in (
        lambda work: organise.set_role(work, name, one.user_id, "x", Role.ADMIN),
        lambda work: organise.remove(work, name, one.user_id, "x"),
        lambda work: organise.remove(work, name, one.user_id, one.user_id),
        lambda work: invite.invite(work, town.vault, name, one, "x@town.example", Role.MEMBER),
    ):
        town.refuses(OrganisationNotFound, run)
