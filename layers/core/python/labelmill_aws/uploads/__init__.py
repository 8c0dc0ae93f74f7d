"""What people drop into the inbox: what it means, and why it is refused."""
