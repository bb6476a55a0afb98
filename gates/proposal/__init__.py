"""Look at a table that nobody has described yet, in a child process, and propose how to gate a model of it."""
