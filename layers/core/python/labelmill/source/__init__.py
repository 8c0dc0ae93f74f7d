"""Reading datasets in the ana format."""
