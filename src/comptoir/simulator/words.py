"""The merchandise and the phrases that stores are furnished with, in five languages.

Every tuple of translations is in the order of `SPOKEN`.
"""

SPOKEN = ("en", "fr", "es", "de", "it")

Said = tuple[str, str, str, str, str]

DEPARTMENTS: tuple[tuple[Said, tuple[Said, ...]], ...] = (
    (
        ("Clothes", "Vêtements", "Ropa", "Kleidung", "Abbigliamento"),
        (
            ("Linen shirt", "Chemise en lin", "Camisa de lino", "Leinenhemd", "Camicia di lino"),
            ("Wool jumper", "Pull en laine", "Jersey de lana", "Wollpullover", "Maglione di lana"),
            ("Rain jacket", "Veste imperméable", "Chubasquero", "Regenjacke", "Giacca a vento"),
            ("Summer dress", "Robe d'été", "Vestido de verano", "Sommerkleid", "Abito estivo"),
        ),
    ),
    (
        ("Kitchen", "Cuisine", "Cocina", "Küche", "Cucina"),
        (
            ("Oak board", "Planche en chêne", "Tabla de roble", "Eichenbrett", "Tagliere"),
            ("Stoneware bowl", "Bol en grès", "Cuenco de gres", "Steingutschale", "Ciotola"),
            ("Chef's knife", "Couteau de chef", "Cuchillo de chef", "Kochmesser", "Coltello"),
            ("Carafe", "Carafe", "Jarra", "Karaffe", "Caraffa"),
        ),
    ),
    (
        ("Tea & coffee", "Thé & café", "Té y café", "Tee & Kaffee", "Tè e caffè"),
        (
            ("Green tea", "Thé vert", "Té verde", "Grüner Tee", "Tè verde"),
            ("Coffee beans", "Café en grains", "Café en grano", "Kaffeebohnen", "Caffè in grani"),
            ("Teapot", "Théière", "Tetera", "Teekanne", "Teiera"),
            ("Filter holder", "Porte-filtre", "Portafiltro", "Filterhalter", "Portafiltro"),
        ),
    ),
    (
        ("Stationery", "Papeterie", "Papelería", "Schreibwaren", "Cartoleria"),
        (
            ("Notebook", "Carnet", "Cuaderno", "Notizbuch", "Taccuino"),
            ("Fountain pen", "Stylo plume", "Pluma", "Füller", "Penna stilografica"),
            ("Wall calendar", "Calendrier mural", "Calendario", "Wandkalender", "Calendario"),
            ("Poster", "Affiche", "Póster", "Plakat", "Poster"),
        ),
    ),
    (
        ("Shoes", "Chaussures", "Zapatos", "Schuhe", "Scarpe"),
        (
            ("Canvas trainers", "Baskets en toile", "Zapatillas", "Stoffschuhe", "Scarpe di tela"),
            ("Leather boots", "Bottes en cuir", "Botas de piel", "Lederstiefel", "Stivali"),
            ("Sandals", "Sandales", "Sandalias", "Sandalen", "Sandali"),
            ("Slippers", "Chaussons", "Pantuflas", "Hausschuhe", "Pantofole"),
        ),
    ),
    (
        ("Garden", "Jardin", "Jardín", "Garten", "Giardino"),
        (
            ("Terracotta pot", "Pot en terre cuite", "Maceta", "Tontopf", "Vaso di terracotta"),
            ("Pruning shears", "Sécateur", "Tijeras de podar", "Gartenschere", "Cesoie"),
            ("Watering can", "Arrosoir", "Regadera", "Gießkanne", "Annaffiatoio"),
            ("Seed box", "Coffret de graines", "Caja de semillas", "Samenkiste", "Semi"),
        ),
    ),
)

SERIES = (
    "Oslo", "Amélie", "Søren", "Côte d'Azur", "Łódź", "Señorita", "Brume", "Kyōto", "Zoé",
    "Atlas", "Nº 5", "Ängelholm", "Chloé", "Dune", "Été", "Fjord", "Garçon", "Héloïse", "Inès",
    "Jūrmala", "Kraków", "Lumière", "Málaga", "Noël", "Œuvre", "Peña", "Québec", "Rhône",
    "São Bento", "Tōkaidō", "Übermut", "Vålerenga", "Wörth", "Xérès", "Yvoire", "Zürich",
)  # fmt: skip

COLOURS: tuple[tuple[Said, tuple[Said, ...]], ...] = (
    (
        ("Color", "Couleur", "Color", "Farbe", "Colore"),
        (
            ("Black", "Noir", "Negro", "Schwarz", "Nero"),
            ("Off-white", "Écru", "Crudo", "Naturweiß", "Écru"),
            ("Duck blue", "Bleu canard", "Azul pato", "Entenblau", "Ottanio"),
            ("Ochre", "Ocre", "Ocre", "Ocker", "Ocra"),
            ("Green", "Vert", "Verde", "Grün", "Verde"),
        ),
    ),
    (
        ("Size", "Taille", "Talla", "Größe", "Taglia"),
        (
            ("S", "S", "S", "S", "S"),
            ("M", "M", "M", "M", "M"),
            ("L", "L", "L", "L", "L"),
            ("XL", "XL", "XL", "XL", "XL"),
            ("36/38", "36/38", "36/38", "36/38", "36/38"),
        ),
    ),
)
"""Attribute groups and their values: a combination takes one of each group it uses."""

FEATURES: tuple[tuple[Said, tuple[Said, ...]], ...] = (
    (
        ("Composition", "Composition", "Composición", "Material", "Composizione"),
        (
            ("Organic cotton", "Coton bio", "Algodón orgánico", "Biobaumwolle", "Cotone bio"),
            ("Stoneware", "Grès", "Gres", "Steinzeug", "Gres"),
            ("Recycled paper", "Papier recyclé", "Papel reciclado", "Recyclingpapier", "Carta"),
        ),
    ),
    (
        ("Made in", "Fabriqué en", "Fabricado en", "Hergestellt in", "Prodotto in"),
        (
            ("Portugal", "Portugal", "Portugal", "Portugal", "Portogallo"),
            ("Japan", "Japon", "Japón", "Japan", "Giappone"),
            ('"Old" Europe', "« Vieille » Europe", "Europa", "Europa", "Europa"),
        ),
    ),
    (
        ("Care", "Entretien", "Cuidado", "Pflege", "Cura"),
        (
            ("Machine wash 30°", "Machine 30°", "Lavar a 30°", "Maschine 30°", "Lavatrice 30°"),
            ("By hand", "À la main", "A mano", "Von Hand", "A mano"),
        ),
    ),
)

SENTENCES: tuple[Said, ...] = (
    (
        "Made in small batches by people who like what they do.",
        "Fabriqué en petites séries par des gens qui aiment ce qu'ils font.",
        "Hecho en series pequeñas por gente que ama su oficio.",
        "In kleinen Serien von Menschen gemacht, die ihr Handwerk lieben.",
        "Prodotto in piccole serie da chi ama il proprio mestiere.",
    ),
    (
        "It ages well: the more you use it, the better it looks ✨.",
        "Il vieillit bien : plus on s'en sert, plus il est beau ✨.",
        "Envejece bien: cuanto más lo usas, mejor queda ✨.",
        "Es altert gut: je öfter benutzt, desto schöner ✨.",
        "Invecchia bene: più si usa, più è bello ✨.",
    ),
    (
        "Tested for <strong>two winters</strong> & one flood.",
        "Testé pendant <strong>deux hivers</strong> & une inondation.",
        "Probado durante <strong>dos inviernos</strong> y una inundación.",
        "Getestet über <strong>zwei Winter</strong> & ein Hochwasser.",
        "Provato per <strong>due inverni</strong> e un'alluvione.",
    ),
    (
        "Delivered without plastic ♻️, returned within 30 days.",
        "Livré sans plastique ♻️, repris sous 30 jours.",
        "Entregado sin plástico ♻️, devoluciones en 30 días.",
        "Plastikfrei geliefert ♻️, 30 Tage Rückgabe.",
        "Consegnato senza plastica ♻️, reso entro 30 giorni.",
    ),
    (
        'Ask us for <a href="/content/3-sizes?x=1&amp;y=2">the size guide</a>.',
        'Demandez-nous <a href="/content/3-sizes?x=1&amp;y=2">le guide des tailles</a>.',
        'Pide <a href="/content/3-sizes?x=1&amp;y=2">la guía de tallas</a>.',
        'Fragen Sie nach <a href="/content/3-sizes?x=1&amp;y=2">dem Größenratgeber</a>.',
        'Chiedi <a href="/content/3-sizes?x=1&amp;y=2">la guida alle taglie</a>.',
    ),
    (
        "Grandma's favourite 👵🏼 — and her neighbour's.",
        "Le préféré de mamie 👵🏼 — et de sa voisine.",
        "El favorito de la abuela 👵🏼 — y de su vecina.",
        "Omas Liebling 👵🏼 – und der ihrer Nachbarin.",
        "Il preferito della nonna 👵🏼 — e della vicina.",
    ),
    (
        'Warning: back\\slash, quote " and ]]> survive the wash.',
        'Attention : anti\\slash, guillemet " et ]]> résistent au lavage.',
        'Atención: barra\\inversa, comilla " y ]]> resisten el lavado.',
        'Achtung: Back\\slash, Anführung " und ]]> überstehen die Wäsche.',
        'Attenzione: barra\\inversa, virgolette " e ]]> resistono al lavaggio.',
    ),
)

IN_STOCK: Said = (
    "Ships within 24 h", "Expédié sous 24 h", "Envío en 24 h", "Versand in 24 Std.",
    "Spedito in 24 ore",
)  # fmt: skip

DELAYS: tuple[Said, ...] = (
    ("Pick up in-store", "Retrait en magasin", "Recogida en tienda", "Abholung", "Ritiro"),
    ("Delivery next day!", "Livré demain !", "¡Entrega mañana!", "Morgen da!", "Domani!"),
    ("3 to 5 days", "3 à 5 jours", "De 3 a 5 días", "3 bis 5 Tage", "Da 3 a 5 giorni"),
)

MOVEMENT_REASONS: dict[int, Said] = {
    3: ("Customer Order", "Commande client", "Pedido", "Kundenbestellung", "Ordine cliente"),
    11: ("Employee Edition", "Édition", "Edición", "Bearbeitung", "Modifica"),
    8: ("Product Return", "Retour produit", "Devolución", "Rückgabe", "Reso"),
}

CURRENCY_NAMES: dict[str, Said] = {
    "EUR": ("Euro", "Euro", "Euro", "Euro", "Euro"),
    "USD": ("US Dollar", "Dollar américain", "Dólar", "US-Dollar", "Dollaro"),
    "PLN": ("Polish zloty", "Zloty polonais", "Esloti", "Złoty", "Złoty"),
    "JPY": ("Japanese yen", "Yen japonais", "Yen", "Japanischer Yen", "Yen"),
    "GBP": ("Pound sterling", "Livre sterling", "Libra", "Pfund", "Sterlina"),
    "BRL": ("Brazilian real", "Réal brésilien", "Real", "Brasil. Real", "Real"),
    "INR": ("Indian rupee", "Roupie indienne", "Rupia", "Indische Rupie", "Rupia"),
}

LANGUAGE_NAMES = {
    "en": ("English (English)", "en-us", "m/d/Y"),
    "fr": ("Français (French)", "fr-fr", "d/m/Y"),
    "es": ("Español (Spanish)", "es-es", "d/m/Y"),
    "de": ("Deutsch (German)", "de-de", "d.m.Y"),
    "it": ("Italiano (Italian)", "it-it", "d/m/Y"),
}

STORE_NAMES = (
    "Maison Églantine", "Nordlys & Co", "L'Atelier du Rhône", "Casa Peña", "Papier Crane",
    "The Oak Larder", "Bottega Zoé", "Fils & Aiguilles", "Café Tōkaidō", "Ważka Studio",
)  # fmt: skip

FIRST_NAMES = ("Zoë", "André", "Iñaki", "Jürgen", "Chloé", "Piotr", "Aiko", "Máire", "Renée")
LAST_NAMES = ("Lefèvre", "O'Brien", "Núñez", "Müller", "Kowalska", "D'Angelo", "Sørensen", "Sato")


def said(words: Said, iso: str) -> str:
    """The words in a language; English where we do not speak it."""
    return words[SPOKEN.index(iso)] if iso in SPOKEN else words[0]
