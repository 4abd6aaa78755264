"""The words of the language: clock, ids, instants, errors, secrets. Standard library only."""
