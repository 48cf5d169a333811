"""Imports on the server: scheduled sources, stories out of blogs, the photo library."""
