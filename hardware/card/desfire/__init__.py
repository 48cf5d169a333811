"""The MIFARE DESFire protocol from the reader's side: pure functions and values, no I/O, no clock, no chance.

Public sources: NXP MF2DL(H)x0 data sheet, AN12343, AN12196 (EV2 secure messaging), AN10922 (diversification),
NIST SP 800-38B (CMAC). What is only inferred is named in `docs/card.md`.
"""
