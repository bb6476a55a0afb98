"""What `gates nightly` asks of the champion: do the newest rows still look like those it learned from."""
