"""Where this project overrides a fixture of its gates: define one here with the name of one in ``gates/fixtures``."""
