"""The business in plain Python: values in, values out."""
