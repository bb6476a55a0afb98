"""Move the champion alias: on fresh verdicts, back to an earlier version, or by break-glass in an emergency."""
