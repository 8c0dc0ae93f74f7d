"""What the API reads and answers, one file a resource."""
