"""What tests need: servers, services as processes, one origin in front of them, waiting for what must come true."""
