"""The work being gated: data, training, the artifact, scoring, serving. It knows nothing of the gates."""
