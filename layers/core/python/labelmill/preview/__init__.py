"""Pictures of labels, for people."""
