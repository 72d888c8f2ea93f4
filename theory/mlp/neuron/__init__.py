"""One neuron and one layer of them: tilted averages over z, and averages over a layer's static fields."""
