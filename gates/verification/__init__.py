"""Check again what was kept and what is served, from the bytes."""
