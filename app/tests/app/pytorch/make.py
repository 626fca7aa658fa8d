"""Writes mlp.safetensors: the weights of a small network, by PyTorch.

Run: pip install torch safetensors numpy && python make.py
"""
import os
import torch
from safetensors.torch import save_file

torch.manual_seed(1)
net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3), torch.nn.Tanh(), torch.nn.Linear(3, 3))
net(torch.randn(8, 4))  # moves the running statistics
save_file(net.state_dict(), os.path.join(os.path.dirname(os.path.abspath(__file__)), "mlp.safetensors"))
