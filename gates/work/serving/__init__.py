"""Answer scoring requests inside azureml-inference-server-http."""
