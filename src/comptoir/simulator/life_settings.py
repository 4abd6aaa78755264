"""What the merchant changes around the catalogue: categories, brands, vouchers, staff, stores."""

from comptoir.simulator.grow import add_category
from comptoir.simulator.grow_settings import (
    add,
    add_carrier,
    add_cart_rule,
    add_manufacturer,
    add_store,
    add_supplier,
    hours,
    image_type,
    midnight,
)
from comptoir.simulator.scene import Scene
from comptoir.simulator.values import At


def category_added(scene: Scene) -> str:
    category = add_category(scene.data, scene.rng, scene.now)
    scene.hooks.saved("categories", category.id)
    return f"category {category.id} added"


def category_edited(scene: Scene) -> str:
    """Its description: a new name would change product rows that nobody announces."""
    category = scene.one({n: c for n, c in scene.data.categories.items() if c.department >= 0})
    category.revision += 1
    category.updated = scene.now
    scene.data.touch()
    scene.hooks.saved("categories", category.id)
    return f"category {category.id} described anew"


def category_deleted(scene: Scene) -> str | None:
    """One without products or children."""
    data = scene.data
    used = {p.category for p in data.products.values()}
    used |= {c.parent for c in data.categories.values()}
    free = [c for c in data.categories.values() if c.department >= 0 and c.id not in used]
    if not free or len(data.categories) < 6:
        return None
    gone = scene.rng.choice(free)
    del data.categories[gone.id]
    data.touch()
    scene.hooks.deleted("categories", gone.id)
    return f"category {gone.id} deleted"


def _saved(scene: Scene, content: str, number: int, **values: At | str | int | bool) -> None:
    row = scene.data.plain[content][number]
    row.update(values)
    scene.data.touch()
    scene.hooks.saved(content, number)


def _unused(scene: Scene, content: str, used: set[int]) -> int | None:
    table = scene.data.plain[content]
    free = [number for number in table if number not in used]
    if not free or len(table) < 3:
        return None
    number = scene.rng.choice(free)
    del table[number]
    scene.data.touch()
    scene.hooks.deleted(content, number)
    return number


def brand_changed(scene: Scene) -> str:
    """Added, or described anew: its name stands in product rows."""
    if scene.rng.random() < 0.4:
        number = add_manufacturer(scene.data, scene.rng, scene.now)
        scene.hooks.saved("manufacturers", number)
        return f"manufacturer {number} added"
    number = scene.rng.choice(list(scene.data.plain["manufacturers"]))
    text = f"<p>Nouveau : {number} façons d'être élégant 💡</p>"
    _saved(scene, "manufacturers", number, description=text, updated_at=At(scene.now))
    return f"manufacturer {number} described anew"


def brand_deleted(scene: Scene) -> str | None:
    used = {p.manufacturer for p in scene.data.products.values()}
    number = _unused(scene, "manufacturers", used)
    return f"manufacturer {number} deleted" if number else None


def supplier_changed(scene: Scene) -> str:
    if scene.rng.random() < 0.4:
        number = add_supplier(scene.data, scene.rng, scene.now)
        scene.hooks.saved("suppliers", number)
        return f"supplier {number} added"
    number = scene.rng.choice(list(scene.data.plain["suppliers"]))
    _saved(scene, "suppliers", number, meta_title=f"N° {number}", updated_at=At(scene.now))
    return f"supplier {number} edited"


def supplier_deleted(scene: Scene) -> str | None:
    used = {link.supplier for link in scene.data.supplier_links.values()}
    used |= {p.supplier for p in scene.data.products.values()}
    number = _unused(scene, "suppliers", used)
    return f"supplier {number} deleted" if number else None


def store_changed(scene: Scene) -> str:
    if scene.rng.random() < 0.3:
        number = add_store(scene.data, scene.rng, scene.now)
        scene.hooks.saved("stores", number)
        return f"store {number} opened"
    number = scene.rng.choice(list(scene.data.plain["stores"]))
    opening = hours(scene.data, scene.rng.choice((8, 9, 10)))
    _saved(scene, "stores", number, hours=opening, updated_at=At(scene.now))
    return f"store {number} has other hours"


def store_closed(scene: Scene) -> str | None:
    number = _unused(scene, "stores", set())
    return f"store {number} closed for good" if number else None


def logged_in(scene: Scene) -> str:
    number = scene.rng.choice(list(scene.data.plain["employees"]))
    day = midnight(scene.data, scene.now)
    _saved(scene, "employees", number, last_connection_date=At(day))
    return f"employee {number} logged in"


def image_type_changed(scene: Scene) -> str:
    table = scene.data.plain["image_types"]
    if len(table) > 9 and scene.rng.random() < 0.5:
        number = max(table)
        del table[number]
        scene.data.touch()
        scene.hooks.deleted("image_types", number)
        return f"image format {number} deleted"
    width = scene.rng.randrange(40, 900)
    number = add(scene.data, "image_types", image_type(f"special_{width}", width, "products"))
    scene.hooks.saved("image_types", number)
    return f"image format {number} added"


def voucher_changed(scene: Scene) -> str:
    if scene.rng.random() < 0.5:
        number = add_cart_rule(scene.data, scene.rng, scene.now)
        scene.hooks.saved("cart_rules", number)
        return f"voucher {number} made"
    number = scene.rng.choice(list(scene.data.plain["cart_rules"]))
    active = not scene.data.plain["cart_rules"][number]["active"]
    _saved(scene, "cart_rules", number, active=active, updated_at=At(scene.now))
    return f"voucher {number} {'on' if active else 'off'}"


def voucher_deleted(scene: Scene) -> str | None:
    number = _unused(scene, "cart_rules", set())
    return f"voucher {number} deleted" if number else None


def carrier_hired(scene: Scene) -> str | None:
    """Rarely: with its zones, ranges and taxes."""
    if len(scene.data.carriers) >= 12:
        return None
    first = 100 + len(scene.data.carriers)
    ranges = ((first, 0.0, 5.0), (first + 100, 5.0, 30.0))
    carrier = add_carrier(scene.data, f"Coursier n°{first}", "range_weight", 7.9, ranges)
    scene.hooks.carrier_added(carrier.id)
    return f"carrier {carrier.id} hired"


EVENTS = (
    (2, category_added),
    (2, category_edited),
    (1, category_deleted),
    (2, brand_changed),
    (1, brand_deleted),
    (2, supplier_changed),
    (1, supplier_deleted),
    (2, store_changed),
    (1, store_closed),
    (2, logged_in),
    (1, image_type_changed),
    (2, voucher_changed),
    (1, voucher_deleted),
    (1, carrier_hired),
)
