"""Watch the champion: compare the newest rows of each night with those it learned from, with a history and a budget of alarms."""
