"""Rows of carts, orders, people and wishes (spec/eventbus.md §4)."""

from comptoir.simulator.grow_people import products_total, total
from comptoir.simulator.grow_settings import email_hash, employee_names
from comptoir.simulator.model import Data
from comptoir.simulator.rows_products import Ref
from comptoir.simulator.states import PAYMENTS, STATES
from comptoir.simulator.values import Decimal, Quoted, Row, at
from comptoir.simulator.words import MOVEMENT_REASONS, said


def customer(data: Data, ref: Ref, iso: str) -> Row:
    """§4.10."""
    item = data.customers[ref[0]]
    return {
        "id_customer": item.id,
        "id_lang": item.lang,
        "newsletter": item.newsletter_at is not None,
        "newsletter_date_add": at(item.newsletter_at),
        "optin": item.optin,
        "active": item.active,
        "is_guest": item.guest,
        "deleted": False,
        "created_at": at(item.created),
        "updated_at": at(item.updated),
        "email_hash": email_hash(item.email),
    }


def cart(data: Data, ref: Ref, iso: str) -> Row:
    """§4.5."""
    item = data.carts[ref[0]]
    return {
        "id_cart": Quoted(item.id),
        "created_at": at(item.created),
        "updated_at": at(item.updated),
    }


def cart_product(data: Data, ref: Ref, iso: str) -> Row:
    """§4.6."""
    number, product, attribute = ref
    line = data.carts[number].lines[product, attribute]
    return {
        "id_cart": Quoted(number),
        "id_product": Quoted(product),
        "id_product_attribute": Quoted(attribute),
        "quantity": line.quantity,
        "created_at": at(line.added),
        "id_cart_product": f"{number}-{product}-{attribute}",
    }


def order(data: Data, ref: Ref, iso: str) -> Row:
    """§4.18: most amounts are cut to whole numbers on the way out."""
    item = data.orders[ref[0]]
    number = data.state_of(item)
    state = STATES[number]
    _, old_module, module, label = PAYMENTS[item.payment]
    paid_by = module if data.profile.since(1, 7) else old_module
    excl, incl = total(data, item)
    currency = data.plain["currencies"][item.currency]
    row: Row = {
        "id_order": item.id,
        "reference": item.reference,
        "id_customer": item.customer,
        "id_cart": Quoted(item.cart),
        "current_state": number,
        "conversion_rate": item.rate,
        "total_paid_tax_excl": excl,
        "total_paid_tax_incl": incl,
        "currency": currency["iso_code"],
        "payment_module": paid_by,
        "payment_mode": label,
        "total_paid_real": Decimal(item.paid),
        "shipping_cost": item.shipping_incl,
        "created_at": at(item.created),
        "updated_at": at(item.updated),
        "id_carrier": item.carrier,
        # Two aliases collide in the module: its name wins over the label.
        "payment_name": paid_by,
        "is_validated": "1" if state.valid else "0",
        "is_paid": state.paid,
        "is_shipped": "1" if state.shipped else "0",
        # "In an arbitrary language": the one with the lowest id.
        "status_label": said(state.names, data.profile.default),
        "id_shop_group": 1,
        "id_shop": 1,
        "id_lang": data.profile.id_lang(item.lang),
        "id_currency": item.currency,
        "recyclable": False,
        "gift": item.gift,
        "round_mode": 2,
        "round_type": 2,
        "valid": state.valid,
        "new_customer": item.first,
        # A difference of two floats, noise included.
        "total_paid_tax": incl - excl,
    }
    return row | _cut(data, ref) | _papers(data, ref) | _refunds(data, ref)


def _cut(data: Data, ref: Ref) -> Row:
    """Amounts that the module truncates to whole numbers."""
    item = data.orders[ref[0]]
    products_excl, products_incl = products_total(data, item)
    return {
        "total_discounts": int(item.discount_incl),
        "total_discounts_tax_incl": int(item.discount_incl),
        "total_discounts_tax_excl": int(item.discount_excl),
        "total_products": int(products_excl),
        "total_products_wt": int(products_incl),
        "total_shipping_tax_incl": int(item.shipping_incl),
        "total_shipping_tax_excl": int(item.shipping_excl),
        "carrier_tax_rate": int(data.profile.place.tax),
        "total_wrapping": int(item.wrapping_incl),
        "total_wrapping_tax_incl": int(item.wrapping_incl),
        "total_wrapping_tax_excl": int(item.wrapping_excl),
    }


def _papers(data: Data, ref: Ref) -> Row:
    """Invoice and delivery slip; countries are lost with the addresses."""
    item = data.orders[ref[0]]
    return {
        "invoice_number": item.invoice,
        "delivery_number": item.delivery,
        "invoice_date": data.profile.raw_datetime(item.invoiced_at),
        "delivery_date": data.profile.raw_datetime(item.delivered_at),
        "invoice_country_code": item.country if item.id % 17 else None,
        "delivery_country_code": item.country if item.id % 17 else None,
    }


def _refunds(data: Data, ref: Ref) -> Row:
    """The credit slips, once per language of the shop: a defect of the module (§8.3)."""
    spoken = len(data.profile.languages)
    lines = list(data.lines_of(data.orders[ref[0]]))
    return {
        "refund": round(sum(line.refund_incl for line in lines), 6) * spoken,
        "refund_tax_excl": round(sum(line.refund_excl for line in lines), 6) * spoken,
    }


def order_detail(data: Data, ref: Ref, iso: str) -> Row:
    """§4.21: refunds are zero or negative."""
    item = data.order_lines[ref[0]]
    owner = data.orders[item.order]
    product = data.products.get(item.product)
    currency = data.plain["currencies"][owner.currency]
    return {
        "id_order_detail": item.id,
        "id_order": item.order,
        "product_id": item.product,
        "product_attribute_id": item.attribute,
        "product_quantity": item.quantity,
        "unit_price_tax_incl": item.incl,
        "unit_price_tax_excl": item.excl,
        "refund": 0.0 - item.refund_incl,
        "refund_tax_excl": 0.0 - item.refund_excl,
        "currency": currency["iso_code"],
        "category": product.category if product else 0,
        "iso_code": owner.lang,
        "conversion_rate": owner.rate,
        "unique_product_id": f"{item.product}-{item.attribute}-{owner.lang}",
    }


def order_status(data: Data, ref: Ref, iso: str) -> Row:
    """§4.22."""
    item = data.histories[ref[0]]
    state = STATES[item.state]
    return {
        "id_order_state": item.state,
        "id_order": item.order,
        "id_order_history": item.id,
        "name": said(state.names, iso),
        "template": state.template,
        "date_add": at(item.when),
        "is_validated": state.valid,
        "is_delivered": state.delivered,
        "is_shipped": state.shipped,
        "is_paid": state.paid,
        "is_deleted": False,
        "created_at": at(item.when),
        "updated_at": at(item.when),
    }


def order_carrier(data: Data, ref: Ref, iso: str) -> Row:
    """§4.19."""
    item = data.transports[ref[0]]
    owner = data.orders[item.order]
    return {
        "id_order_carrier": Quoted(item.id),
        "id_order": Quoted(item.order),
        "id_carrier": Quoted(item.carrier),
        "id_order_invoice": Quoted(owner.invoice),
        "weight": item.weight,
        "shipping_cost_tax_excl": owner.shipping_excl,
        "shipping_cost_tax_incl": owner.shipping_incl,
        "tracking_number": item.tracking,
        "date_add": at(item.when),
    }


def stock_movement(data: Data, ref: Ref, iso: str) -> Row:
    """§4.28: the reason is told in the language whose id is the shop's, 1."""
    item = data.movements[ref[0]]
    last, first = employee_names(data, 1)
    by_hand = item.reason == 11
    return {
        "id_stock_mvt": item.id,
        "id_stock": item.stock,
        "id_order": item.order,
        "id_supply_order": 0,
        "id_stock_mvt_reason": item.reason,
        "name": said(MOVEMENT_REASONS[item.reason], data.profile.default),
        "id_lang": 1,
        "id_employee": 1 if by_hand else 0,
        "employee_lastname": last if by_hand else None,
        "employee_firstname": first if by_hand else None,
        "physical_quantity": item.quantity,
        "date_add": at(item.when),
        "sign": item.sign,
        "price_te": item.price,
        "last_wa": 0.0,
        "current_wa": 0.0,
        "referer": 0,
        "deleted": False,
        "created_at": at(item.when),
    }


def wishlist(data: Data, ref: Ref, iso: str) -> Row:
    """§4.34."""
    item = data.wishlists[ref[0]]
    return {
        "id_wishlist": item.id,
        "id_customer": item.customer,
        "id_shop": 1,
        "id_shop_group": 1,
        "token": item.token,
        "name": item.name,
        "counter": len(item.items),
        "created_at": at(item.created),
        "updated_at": at(item.updated),
        "default": item.default,
    }


def wishlist_product(data: Data, ref: Ref, iso: str) -> Row:
    """§4.35."""
    owner = data.wishlist_of[ref[0]]
    product, attribute, quantity, priority = data.wishlists[owner].items[ref[0]]
    return {
        "id_wishlist_product": ref[0],
        "id_wishlist": owner,
        "id_product": product,
        "id_product_attribute": attribute,
        "quantity": quantity,
        "priority": priority,
    }
