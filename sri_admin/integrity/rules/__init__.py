"""What holds for standards and assessments, without a database."""
