"""The central server: facts in, books, content and configuration out. Runs with `zerot server`."""
