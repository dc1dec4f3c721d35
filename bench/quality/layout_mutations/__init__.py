"""Mutations of correct official documents, each of which breaks one rule of the layout."""

# Importing a part registers its mutations.
from bench.quality.layout_mutations import body, ending, heading, page, wording  # noqa: F401
from bench.quality.layout_mutations.mutation import MUTATIONS, Expected

__all__ = ["MUTATIONS", "Expected"]
