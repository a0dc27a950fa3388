"""Training: a recipe and a packed data set become a bundle. Needs the `train` extra."""
