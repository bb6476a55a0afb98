"""Score a file of any size in constant memory, as the endpoint would: what it refuses is refused here, by row number."""
