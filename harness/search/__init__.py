"""Many trainings held against each other: a search over the values of a recipe, and a comparison of methods."""
