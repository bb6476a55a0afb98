"""Run all stages of `gates run`, and look for new data repeatedly."""
