"""Order states by PrestaShop version (spec/webservice.md §11.4), and the ways orders take."""

from dataclasses import dataclass

from comptoir.simulator.words import Said


@dataclass(frozen=True, slots=True)
class State:
    names: Said
    template: str
    paid: bool = False
    shipped: bool = False
    delivered: bool = False
    """Whether it makes a delivery slip."""
    valid: bool = False
    """PrestaShop's `logable`: counts as a sale."""
    invoice: bool = False


CHEQUE, PAID, PREPARING, SHIPPED, DELIVERED, CANCELED, REFUNDED, ERROR, WIRE = (
    1, 2, 3, 4, 5, 6, 7, 8, 10,
)  # fmt: skip

STATES: dict[int, State] = {
    CHEQUE: State(
        (
            "Awaiting check payment",
            "En attente du paiement par chèque",
            "En espera de pago por cheque",
            "Warten auf Scheckzahlung",
            "In attesa di assegno",
        ),
        "cheque",
    ),
    PAID: State(
        ("Payment accepted", "Paiement accepté", "Pago aceptado", "Zahlung eingegangen", "Pagato"),
        "payment",
        paid=True,
        valid=True,
        invoice=True,
    ),
    PREPARING: State(
        (
            "Processing in progress",
            "En cours de préparation",
            "Preparación en curso",
            "In Bearbeitung",
            "In preparazione",
        ),
        "preparation",
        paid=True,
        delivered=True,
        valid=True,
        invoice=True,
    ),
    SHIPPED: State(
        ("Shipped", "Expédié", "Enviado", "Versandt", "Spedito"),
        "shipped",
        paid=True,
        shipped=True,
        delivered=True,
        valid=True,
        invoice=True,
    ),
    DELIVERED: State(
        ("Delivered", "Livré", "Entregado", "Geliefert", "Consegnato"),
        "",
        paid=True,
        shipped=True,
        delivered=True,
        valid=True,
        invoice=True,
    ),
    CANCELED: State(
        ("Canceled", "Annulé", "Cancelado", "Storniert", "Annullato"), "order_canceled"
    ),
    REFUNDED: State(
        ("Refunded", "Remboursé", "Reembolsado", "Erstattet", "Rimborsato"), "refund", invoice=True
    ),
    ERROR: State(
        (
            "Payment error",
            "Erreur de paiement",
            "Error en pago",
            "Fehler bei der Bezahlung",
            "Errore di pagamento",
        ),
        "payment_error",
    ),
    WIRE: State(
        (
            "Awaiting bank wire payment",
            "En attente de virement bancaire",
            "En espera de transferencia",
            "Warten auf Überweisung",
            "In attesa di bonifico",
        ),
        "bankwire",
    ),
}

AT_REST: tuple[tuple[int, tuple[int, ...]], ...] = (
    (68, (PAID, PREPARING, SHIPPED, DELIVERED)),
    (9, (PAID, PREPARING, SHIPPED)),
    (5, (PAID, PREPARING)),
    (4, (PAID,)),
    (4, (CHEQUE, CANCELED)),
    (2, (PAID, CANCELED)),
    (3, (PAID, PREPARING, SHIPPED, DELIVERED, REFUNDED)),
    (2, (ERROR,)),
    (1, (CHEQUE,)),
    (2, (WIRE,)),
)
"""(share in percent, the states an order went through) of a store's past orders."""

NEXT: dict[int, tuple[int, ...]] = {
    CHEQUE: (PAID, CANCELED),
    WIRE: (PAID, PAID, CANCELED),
    PAID: (PREPARING, PREPARING, PREPARING, CANCELED),
    PREPARING: (SHIPPED,),
    SHIPPED: (DELIVERED,),
    DELIVERED: (REFUNDED,),
    ERROR: (PAID, CANCELED),
}
"""Where a live order may go from each state."""

PAYMENTS: tuple[tuple[int, str, str, str], ...] = (
    (65, "stripe_official", "stripe_official", "Card via Stripe"),
    (22, "paypal", "paypal", "PayPal"),
    (7, "bankwire", "ps_wirepayment", "Bank wire"),
    (4, "cheque", "ps_checkpayment", "Payment by check"),
    (2, "cashondelivery", "ps_cashondelivery", "Cash on delivery (COD)"),
)
"""(share, module on 1.6, module since 1.7, label)."""
