"""Run one gate's suite in a child process and read the facts that it reports."""
