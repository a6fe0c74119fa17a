"""What each port promises, asked of its fake and of its adapter on MongoDB alike."""
