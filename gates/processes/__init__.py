"""Start child processes quickly, and leave none behind."""
