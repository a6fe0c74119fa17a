"""The pages of registration: they work without JavaScript, in both languages."""
