"""What happened before in this registry: runs, moves of the champion alias, the anchor, uses of a holdout."""
