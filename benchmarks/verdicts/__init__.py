"""How often the gates let a bad batch or model pass, and how often they stop a good one: measured, beside their peers.

``make verdicts`` prints every table; ``python -m benchmarks.verdicts --help`` tells the rest. Each table is a module of its own
with a function ``tell(options)`` that yields lines of Markdown, so that a table can be run, read and tested alone.
"""
