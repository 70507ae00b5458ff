"""The cells of a host's table, by subject."""
