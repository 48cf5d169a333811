"""The fleet's health: what devices last said of themselves, and which one needs a visit."""
