"""How languages write dates and numbers, for those that Django has no formats of."""
