"""See the module documentation of each file in this room."""
