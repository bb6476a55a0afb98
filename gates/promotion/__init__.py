"""Move the champion alias: on fresh verdicts, back to an earlier version, or by a listed key in an emergency."""
