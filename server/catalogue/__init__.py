"""Catalogue: feeds read, cleaned, mapped, merged; drafts; content packs built for the kiosks."""
