"""Who may do what: tokens, JWTs, and the authorizer's decision."""
