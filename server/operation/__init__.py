"""Keeping a server running: logs, metrics, backup and restore, the database role."""
