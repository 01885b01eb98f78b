"""What each agent uses instead of writing it again."""
