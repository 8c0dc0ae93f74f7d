"""What people see of a dataset before and after it is converted: its pictures, its labels, its numbers."""
