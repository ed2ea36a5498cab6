"""Pages of standards and assessments."""
