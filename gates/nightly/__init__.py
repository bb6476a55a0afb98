"""Watch the champion: every night the newest rows against those it learned from, with a history, a budget and a consequence."""
