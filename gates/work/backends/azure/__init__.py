"""The work on Azure Machine Learning, through its real SDK: data assets, training jobs, model registry, online endpoints.

Only this package imports ``azure.*``, and only when Azure is used: importing it costs nothing.
"""

from gates.work.backends.azure.work import AzureWork, open_work

__all__ = ["AzureWork", "open_work"]
