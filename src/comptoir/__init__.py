"""Comptoir: the open, self-hosted PrestaShop integration framework."""
