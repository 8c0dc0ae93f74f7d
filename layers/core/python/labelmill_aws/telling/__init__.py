"""What the service says: the job log and the messages."""
