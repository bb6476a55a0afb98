"""Azure on this machine: a stand-in for its REST interfaces, real blob storage (Azurite), real scoring servers, real job steps.

The SDK under test is the real one, unpatched; what answers it is this. It proves wiring and the shape of requests, not the service.
"""
