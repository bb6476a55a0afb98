"""The whole way of `gates run`, and looking for new data again and again."""
