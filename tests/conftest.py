"""What every test may use. The environment itself is set in tests/environment.py."""
