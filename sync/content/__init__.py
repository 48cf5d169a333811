"""Content packs: the catalogue file that the server builds and the kiosk opens."""
