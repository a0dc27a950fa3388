"""Manifests, known data sets, the packed store, splits, statistics and audits."""
