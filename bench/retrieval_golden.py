"""R-precision and MAP@R of clustered random rows by pytorch-metric-learning, for RetrievalTest.

usage: venv/bin/python bench/retrieval_golden.py ffc-eval/src/test/resources/retrieval.safetensors
needs: pip install torch numpy pytorch-metric-learning safetensors
"""
import explain

explain.on_help(__doc__)

import sys

import torch
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from pytorch_metric_learning.utils.inference import CustomKNN
from pytorch_metric_learning.distances import CosineSimilarity
from safetensors.torch import save_file

torch.manual_seed(5)
sizes = [1, 1, 2, 2, 3, 3, 4, 5, 7, 11, 20, 41]  # of the identities
centres = torch.randn(len(sizes), 16)
labels = torch.cat([torch.full((n,), i) for i, n in enumerate(sizes)])
rows = torch.nn.functional.normalize(centres[labels] + 1.2 * torch.randn(len(labels), 16))
order = torch.randperm(len(labels))
rows, labels = rows[order].contiguous(), labels[order].contiguous()
calculator = AccuracyCalculator(
    include=("r_precision", "mean_average_precision_at_r"),
    k="max_bin_count",
    knn_func=CustomKNN(CosineSimilarity()),
    device=torch.device("cpu"),
)
found = calculator.get_accuracy(rows, labels)
figures = torch.tensor([found["r_precision"], found["mean_average_precision_at_r"]])
print(found)
save_file({"embeddings": rows, "labels": labels, "figures": figures.float()}, sys.argv[1])
