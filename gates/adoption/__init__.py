"""Bring Gates into a project that does not have it yet: choose the roles of the columns, write a policy, and never overwrite."""
