"""What is known in closed form: linear networks, products of random weights, moments at infinite temperature."""
