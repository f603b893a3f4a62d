"""Language models that answer questions, by provider."""
