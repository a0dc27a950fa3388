"""Data sets in the forms that others use: a Hugging Face folder, Kaggle's asl-signs, ELAN."""
