"""A complete DESFire card in software, and the readers it can lie on.

The card's side of the protocol is written here from the data sheet on `cryptography` primitives; it imports
nothing of `hardware.card.desfire`, so that a mistake of the client cannot be repeated by its mirror image.
"""
