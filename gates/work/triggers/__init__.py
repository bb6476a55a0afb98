"""What starts a run: training data that changed, seen by looking at them or told by Event Grid, and whom to tell."""

from gates.work.triggers.opening import Triggers, open_triggers

__all__ = ["Triggers", "open_triggers"]
