"""What single claims need: marks, what follows an event, an ordinary day."""
