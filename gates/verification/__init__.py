"""Check again, from the bytes, what was kept and what is served."""
