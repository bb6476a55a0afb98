"""Take, read and split a table."""
