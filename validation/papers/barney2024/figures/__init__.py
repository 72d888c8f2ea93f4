"""The paper's figures, from the evidence to <svg> elements; nothing where there are no data."""
