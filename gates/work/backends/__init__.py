"""Where the work is done: on one machine, or in a cloud. Only a backend knows its own services."""
