"""Training: the worked example that stands where your own training goes."""
