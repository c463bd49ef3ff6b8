"""What a recipe may hold: values only, strict, explained. Nothing here trains."""
