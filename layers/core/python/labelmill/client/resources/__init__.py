"""What ``labelmill.Client`` offers, one module a resource."""
