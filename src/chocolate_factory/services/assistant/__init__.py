"""Questions to the system: tools that only read, and answers made of what they tell."""
