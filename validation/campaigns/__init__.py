"""The runs that claims are tested on when nobody brings their own."""
