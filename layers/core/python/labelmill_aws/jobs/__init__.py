"""Jobs: claimed, started, and what they hand from step to step."""
