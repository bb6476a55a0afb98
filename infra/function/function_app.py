"""What the host of Azure Functions looks for at the top of what is published."""

from gates.work.triggers.function_app import app

__all__ = ["app"]
