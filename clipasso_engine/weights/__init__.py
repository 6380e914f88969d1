"""Weights of networks: those in this folder, those downloaded, and their transfer without a network."""
