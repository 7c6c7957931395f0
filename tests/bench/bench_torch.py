"""The reference scenario in PyTorch: bench_torch.py DIR EPOCHS THREADS"""
import json
import resource
import sys
import time

import numpy as np
import torch

torch.set_num_threads(int(sys.argv[3]))
torch.manual_seed(42)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(500, 16)
        self.lstm = torch.nn.LSTM(16, 8, batch_first=True)
        self.dense = torch.nn.Linear(8, 1)

    def forward(self, tokens):
        return self.dense(self.lstm(self.embedding(tokens))[0][:, -1])[:, 0]


x = torch.from_numpy(np.load(sys.argv[1] + "/x.npy").astype(np.int64))
y = torch.from_numpy(np.load(sys.argv[1] + "/y.npy").astype(np.float32))
net, loss_of = Net(), torch.nn.BCEWithLogitsLoss()
optimizer = torch.optim.RMSprop(net.parameters(), 1e-4, alpha=0.9, eps=1e-7)
for epoch in range(int(sys.argv[2])):
    start, total = time.perf_counter(), 0.0
    for batch in torch.randperm(len(x)).split(64):
        optimizer.zero_grad()
        loss = loss_of(net(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    print(json.dumps({"seconds": time.perf_counter() - start, "loss": total / len(x),
                      "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
                      "version": "PyTorch " + torch.__version__}), flush=True)
