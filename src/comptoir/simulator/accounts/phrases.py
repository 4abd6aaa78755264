"""What the back office says, in the language of the store; English where we know no other."""

FRENCH = {
    "Account:": "Compte :",
    "Advanced settings": "Paramètres avancés",
    "Back office of a simulated store": "Back-office d’une boutique simulée",
    "Change account": "Changer de compte",
    "Confirm the change": "Confirmer le changement",
    "Connect with another method": "Se connecter autrement",
    "Dashboard": "Tableau de bord",
    "Each shop has its own account.": "Chaque boutique a son propre compte.",
    "Email": "Adresse e-mail",
    "It is another store": "C’est une autre boutique",
    "Link": "Associer",
    "Log in": "Connexion",
    "Log in with PrestaShop": "Se connecter avec PrestaShop",
    "Log in with PrestaShop is off.": "La connexion avec PrestaShop est désactivée.",
    "Log in with PrestaShop is on.": "La connexion avec PrestaShop est activée.",
    "Nobody in this back office has that email address.": (
        "Personne n’a cette adresse e-mail dans ce back-office."
    ),
    "Password": "Mot de passe",
    "Send the message again": "Renvoyer le message",
    "Sign in": "S’identifier",
    "Sign out": "Déconnexion",
    "Signing in with PrestaShop failed.": "La connexion avec PrestaShop a échoué.",
    "Something went wrong. Please try again.": "Une erreur est survenue. Veuillez réessayer.",
    "Store information": "Informations de la boutique",
    "Switch off": "Désactiver",
    "Switch on": "Activer",
    "The address of this store changed.": "L’adresse de cette boutique a changé.",
    "The employee does not exist, or the password provided is incorrect.": (
        "L’employé n’existe pas, ou le mot de passe est erroné."
    ),
    "Verify": "Vérifier",
    "Your email address is not confirmed. Open the message we sent you.": (
        "Votre adresse e-mail n’est pas confirmée. Ouvrez le message que nous avons envoyé."
    ),
    "not identified": "non identifiée",
    "not verified": "non vérifiée",
    "verified": "vérifiée",
}


def language(default: str) -> str:
    """Of the back office of a store whose first language is `default`."""
    return "fr" if default == "fr" else "en"


def say(code: str, text: str) -> str:
    return FRENCH.get(text, text) if code == "fr" else text
