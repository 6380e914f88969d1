"""The paper's whole recipe, for comparison."""
