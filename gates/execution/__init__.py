"""Run the suite of one gate in a child process, and read the facts that it reports."""
