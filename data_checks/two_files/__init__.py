"""What `gates check data` and `gates check drift` ask of two files, without any model."""
