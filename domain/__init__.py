"""The rules of Zér'ot: pure Python, standard library only, no I/O, no clock, no chance of its own."""
