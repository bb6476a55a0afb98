"""Measure a deployed endpoint over HTTP. Light: requests and the standard library only."""
