"""NFC city cards: port, PC/SC adapter, DESFire protocol, one atomic card operation, simulated card."""
