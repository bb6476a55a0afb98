"""Let people approve a promotion: requests, signed answers, and whether they suffice."""
