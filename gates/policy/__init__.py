"""Say what each gate demands: the policy as frozen data, its reader, its lock file, and the comparison of two policies."""
