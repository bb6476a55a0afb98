"""Ask people before a promotion: requests, signed answers, and what they amount to."""
