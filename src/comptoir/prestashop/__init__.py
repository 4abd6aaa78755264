"""What we know about a PrestaShop store, without doing any I/O. Imports `base` only."""
