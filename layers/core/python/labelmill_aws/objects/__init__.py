"""Objects of S3: read by ranges, written in parts."""
