"""What starts a run: training data that changed, seen by looking at them or reported by Event Grid, and whom to notify."""

from gates.work.triggers.opening import ProjectTriggers, open_triggers

__all__ = ["ProjectTriggers", "open_triggers"]
