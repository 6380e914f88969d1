"""Training of the boundary network; docs/boundary-network.md tells how. Users of the engine never need it."""
