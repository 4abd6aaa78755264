"""Remove a member, or leave. The stores stay with the organisation: those whose point of contact
has gone get another one."""

from comptoir.accounts import contact, store
from comptoir.accounts.people import members, organise
from comptoir.accounts.people import store as people
from comptoir.accounts.people.errors import LastOwner
from comptoir.accounts.people.rules import Role
from comptoir.infra.work import Work


def remove_member(work: Work, organisation_id: str, by: str, user_id: str) -> None:
    """The point of contact of their stores is who removed them; an owner, when they leave.

    Raises: OrganisationNotFound, RoleTooLow, MemberNotFound, LastOwner.
    """
    organise.remove(work, organisation_id, by, user_id)
    here = members.members_of(work.db, organisation_id)
    if by == user_id:
        heirs = [member for member in here if member.role is Role.OWNER]
    else:
        heirs = [member for member in here if member.user_id == by]
    if not heirs:
        raise LastOwner
    heir = heirs[0]
    people.lock_person(work.db, heir.user_id)
    user = people.find_user(work.db, heir.user_id)
    email = user.email if user is not None else heir.email
    for found in store.shops_of(work.db, [organisation_id]):
        if found.point_of_contact_uuid != user_id:
            continue
        shop = store.take_shop(work.db, found.shop_id)
        if (shop.organisation_id, shop.point_of_contact_uuid) == (organisation_id, user_id):
            contact.give(work, shop, organisation_id, heir.user_id, email)
