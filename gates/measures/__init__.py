"""The measuring libraries of the four gates. They import neither the engine nor the work."""
