"""Inject faults on purpose, one at a time, and see whether a gate notices each: `gates selftest`.

A gate that was never seen to refuse may be one that cannot. Everything happens in a temporary folder with a home of its own;
the project is copied, never changed.
"""
