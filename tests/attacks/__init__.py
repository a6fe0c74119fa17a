"""What an attacker does, over HTTP, to a running installation. Each test names the kind of fault that it keeps away."""
