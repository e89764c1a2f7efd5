"""Flower's own password, from the secret: no variable and no command line has it."""

with open("/run/secrets/flower_auth", encoding="utf-8") as secret:
    basic_auth = secret.read().split()
